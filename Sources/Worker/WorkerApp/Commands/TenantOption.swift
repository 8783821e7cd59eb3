public import ArgumentParser
public import Tenants

/// `--tenant ID`, as the commands that are about one tenant take it.
struct TenantOption: ParsableArguments {
    @Option(
        name: .customLong("tenant"), help: ArgumentHelp("The tenant's id, see worker tenant list.", valueName: "id"))
    var id: TenantID

    /// What a command says where there is no such tenant.
    var missing: UnknownTenant { UnknownTenant(id: id) }
}

struct UnknownTenant: Error, CustomStringConvertible {
    let id: TenantID
    var description: String { "there is no tenant with id \(id): worker tenant list" }
}

extension TenantID: ExpressibleByArgument {
    public init?(argument: String) {
        guard let value = Int64(argument), value > 0 else { return nil }
        self.init(value)
    }
}
