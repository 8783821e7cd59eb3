import ArgumentParser
import OperationsKit
import Tenants

/// `worker tenant rotate-key --tenant ID`
struct TenantRotateKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate-key",
        abstract: "Give a tenant a new API key, printed this once; all its earlier keys and sessions end at once.",
        discussion: "Needs DATABASE_URL.")

    @OptionGroup var tenant: TenantOption

    @Flag(help: "Print one line of JSON.")
    var json = false

    func run() async throws {
        try await CommandOutcome.report {
            let database = try CommandDatabase(Settings.process())
            let actor = AuditActor(name: "operator", origin: CommandOrigin.text)
            let created = try await database.transaction { [id = tenant.id] session in
                try APIKeyStore.rotate(for: id, by: actor, in: session)
            }
            guard let created else { throw tenant.missing }
            let key = created.key.reveal()
            // Digits, and letters of base64 for URLs: nothing that JSON would have to escape.
            print(
                json
                    ? #"{"tenant_id":"\#(tenant.id)","api_key":"\#(key)"}"#
                    : "Tenant \(tenant.id): earlier API keys and sessions have ended.\nAPI key, shown this once: \(key)"
            )
        }
    }
}
