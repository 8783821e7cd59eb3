import ArgumentParser
import OperationsKit
import Tenants

/// `worker tenant create NAME --phone-number-id ID --access-token-stdin`
struct TenantCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Create a tenant with its WhatsApp number and print its API key, this once.",
        discussion: """
            Meta is not asked whether number and token belong together. Needs DATABASE_URL and \
            WHATSAPP_ENCRYPTION_KEY. A number that another tenant has is refused with exit code 1.
            """)

    @Argument(help: "What people call the tenant; need not be unique.")
    var name: String

    @Option(help: ArgumentHelp("Meta's id of the phone number.", valueName: "id"))
    var phoneNumberId: String

    @Option(help: ArgumentHelp("Meta's id of the WhatsApp business account.", valueName: "id"))
    var wabaId: String?

    @Flag(help: "Read the access token from standard input (the only way: arguments are visible to others).")
    var accessTokenStdin = false

    @Flag(help: "Print one line of JSON.")
    var json = false

    func validate() throws {
        guard accessTokenStdin else {
            throw ValidationError("The access token comes from standard input: add --access-token-stdin.")
        }
        _ = try checkedArguments()
    }

    func run() async throws {
        let arguments = try checkedArguments()
        try await CommandOutcome.report {
            let settings = Settings.process()
            let database = try CommandDatabase(settings)
            let ring = try EncryptionKeyRing(settings)
            let input = try StandardStreams.readSecret(prompt: "Access token (not shown): ")
            guard let token = AccessToken(input) else {
                throw ValidationError(
                    "The access token on standard input is empty or none: expected \(AccessToken.expectation).")
            }
            let tenant = NewTenant(
                name: arguments.name, phoneNumberID: arguments.number, wabaID: arguments.account, accessToken: token)
            let actor = AuditActor(name: "operator", origin: CommandOrigin.text)
            let created = try await database.transaction { session in
                try EncryptionCheck.verify(ring, in: session)
                return try TenantStore.create(tenant, sealer: TokenSealer(ring: ring), by: actor, in: session)
            }
            show(created, tenant)
        }
    }

    private func checkedArguments() throws -> (name: TenantName, number: PhoneNumberID, account: WABAID?) {
        guard let name = TenantName(name) else {
            throw ValidationError("NAME must be \(TenantName.expectation).")
        }
        guard let number = PhoneNumberID(phoneNumberId) else {
            throw ValidationError("--phone-number-id must be \(PhoneNumberID.expectation).")
        }
        guard let wabaId else { return (name, number, nil) }
        guard let account = WABAID(wabaId) else {
            throw ValidationError("--waba-id must be \(WABAID.expectation).")
        }
        return (name, number, account)
    }

    private func show(_ created: CreatedTenant, _ tenant: NewTenant) {
        let key = created.apiKey.reveal()
        guard !json else {
            // Digits, and letters of base64 for URLs: nothing that JSON would have to escape.
            print(#"{"tenant_id":"\#(created.id)","api_key":"\#(key)"}"#)
            return
        }
        print(
            """
            Tenant \(created.id) (\(tenant.name)) has number \(tenant.phoneNumberID).
            API key, shown this once: \(key)
            """)
    }
}
