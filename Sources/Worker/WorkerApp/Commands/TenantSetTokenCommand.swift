import ArgumentParser
import OperationsKit
import Tenants

/// `worker tenant set-token --tenant ID --access-token-stdin`
struct TenantSetTokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set-token",
        abstract: "Replace a tenant's access token; a number that was paused goes on.",
        discussion: """
            Meta is not asked whether the token belongs to the number. Needs DATABASE_URL, WHATSAPP_ENCRYPTION_KEY and \
            REDIS_URL. Messages that waited for the token go out by themselves.
            """)

    @OptionGroup var tenant: TenantOption

    @Flag(help: "Read the access token from standard input (the only way: arguments are visible to others).")
    var accessTokenStdin = false

    func validate() throws {
        guard accessTokenStdin else {
            throw ValidationError("The access token comes from standard input: add --access-token-stdin.")
        }
    }

    func run() async throws {
        try await CommandOutcome.report {
            let settings = Settings.process()
            let database = try CommandDatabase(settings)
            let lanes = try CommandLanes(settings)
            let sealer = try EncryptionKeyRing(settings)
            let token = try StandardStreams.readSecret(prompt: "Access token (not shown): ")
            let actor = AuditActor(name: "operator", origin: CommandOrigin.text)
            let saved = try await database.transaction { [id = tenant.id] session in
                try EncryptionCheck.verify(sealer, in: session)
                var change = ConfigChange()
                change.accessToken = .set(token)
                return try ConfigStore.save(
                    change, of: id, sealer: TokenSealer(ring: sealer), by: actor, in: session)
            }
            print("Tenant \(tenant.id): the token of number \(saved.phoneNumberID) is saved.")
            try await lanes.resume(saved.phoneNumberID)
        }
    }
}
