import ArgumentParser
import OperationsKit
import Tenants

/// `worker tenant disable --tenant ID`
struct TenantDisableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Switch a tenant off: its API keys open nothing and nothing is sent for it.",
        discussion: "Needs DATABASE_URL. What customers write is stored as always.")

    @OptionGroup var tenant: TenantOption

    func run() async throws {
        try await CommandOutcome.report {
            let database = try CommandDatabase(Settings.process())
            let actor = AuditActor(name: "operator", origin: CommandOrigin.text)
            let changed = try await database.transaction { [id = tenant.id] session in
                try TenantStore.disable(id, by: actor, in: session)
            }
            guard let changed else { throw tenant.missing }
            print("Tenant \(tenant.id) is disabled\(changed ? "" : " already").")
        }
    }
}
