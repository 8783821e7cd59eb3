import OpenSSLKit
import Postgres
import Testing

@testable import Tenants

@Suite("Tenants in Postgres")
struct TenantStoreTests {
    private let actor = AuditActor(name: "operator", origin: "cli:tests")
    private let sealer: TokenSealer

    init() throws {
        sealer = TokenSealer(ring: try EncryptionKeyRing(parsing: "main:\(EncryptionKeyRingTests.first)"))
    }

    private func tenant(_ name: String, number: String, waba: String? = nil) throws -> NewTenant {
        NewTenant(
            name: try #require(TenantName(name)), phoneNumberID: try #require(PhoneNumberID(number)),
            wabaID: try waba.map { try #require(WABAID($0)) },
            accessToken: try #require(AccessToken("EAAG-\(number)-token")))
    }

    private func create(_ tenant: NewTenant, in database: TenantDatabase) async throws -> CreatedTenant {
        try await database.connection.withTransaction { [sealer, actor] session in
            try TenantStore.create(tenant, sealer: sealer, by: actor, in: session)
        }
    }

    @Test("a created tenant has its number, a token that opens, a hashed key and a line in the audit log")
    func create() async throws {
        let database = try await TenantDatabase.make()
        let new = try tenant("Ana's \"Bakery\" 🐞", number: "106540352242922", waba: "102290129340398")
        let created = try await create(new, in: database)

        let config = try await database.connection.withConnection { session in
            let row = try session.execute(
                """
                select t.name, c.phone_number_id, c.waba_id, c.access_token, c.access_token_last4,
                    c.access_token_set_by, c.is_active, c.status
                from tenants t join whatsapp_configs c on c.tenant_id = t.id where t.id = $1
                """, [.int8(created.id.value)]
            ).only()
            return (
                name: try row.string(0), number: try row.string(1), waba: try row.string(2),
                token: try row.bytes(3), last4: try row.string(4), by: try row.string(5),
                isActive: try row.bool(6), status: try row.string(7)
            )
        }
        #expect(config.name == "Ana's \"Bakery\" 🐞")
        #expect(config.number == "106540352242922")
        #expect(config.waba == "102290129340398")
        #expect(config.last4 == "oken")
        #expect(config.by == "operator")
        #expect(config.isActive)
        #expect(config.status == "active")
        let opened = try sealer.open(config.token, tenantID: created.id, phoneNumberID: new.phoneNumberID)
        #expect(opened == new.accessToken)

        let key = try await database.sql("select tenant_id, encode(key_hash, 'hex'), last4 from api_keys")
        #expect(key == "\(created.id)|\(SHA256.hash(created.apiKey.reveal()).hex)|\(created.apiKey.last4)")
        let audit = try await database.sql(
            "select actor, action, tenant_id, detail->>'name', detail->>'phone_number_id', origin from audit_log")
        #expect(audit == "operator|tenant.create|\(created.id)|Ana's \"Bakery\" 🐞|106540352242922|cli:tests")
    }

    @Test("neither the token nor the key stands anywhere in the database")
    func nothingInPlain() async throws {
        let database = try await TenantDatabase.make()
        let created = try await create(tenant("A", number: "1"), in: database)
        let all = try await database.sql(
            """
            select t::text from tenants t union all select c::text from whatsapp_configs c
            union all select k::text from api_keys k union all select a::text from audit_log a
            """)
        #expect(!all.contains("EAAG"))
        #expect(!all.contains(Hex.encode(Array("EAAG".utf8))))
        #expect(!all.contains(created.apiKey.reveal().dropFirst(4)))
    }

    @Test("a number that is taken is refused by name and leaves nothing behind")
    func taken() async throws {
        let database = try await TenantDatabase.make()
        _ = try await create(tenant("A", number: "1"), in: database)
        let second = try tenant("B", number: "1")
        await #expect(throws: TenantError.phoneNumberTaken(second.phoneNumberID)) {
            try await create(second, in: database)
        }
        let counts = try await database.sql(
            "select (select count(*) from tenants), (select count(*) from api_keys), (select count(*) from audit_log)")
        #expect(counts == "1|1|1")
        // The connection is fit for the next transaction.
        _ = try await create(tenant("B", number: "2"), in: database)
    }

    @Test("of many who want one number at once exactly one gets it")
    func race() async throws {
        let database = try await TenantDatabase.make()
        let configuration = try PostgresConfiguration(url: database.url)
        let outcomes = try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<8 {
                let new = try tenant("T\(index)", number: "1")
                group.addTask { [sealer, actor] in
                    let connection = try await PostgresConnection.connect(configuration)
                    do {
                        _ = try await connection.withTransaction { session in
                            try TenantStore.create(new, sealer: sealer, by: actor, in: session)
                        }
                        return true
                    } catch TenantError.phoneNumberTaken {
                        return false
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 }.count == 1)
        #expect(try await database.sql("select count(*) from tenants") == "1")
    }

    @Test("names need not be unique, and a listing pages through all in the order of their ids")
    func list() async throws {
        let database = try await TenantDatabase.make()
        for number in 1...5 { _ = try await create(tenant("Same", number: String(number)), in: database) }
        _ = try await database.sql("insert into tenants (name, disabled_at) values ('no number', now())")
        let pages = try await database.connection.withConnection { session in
            var pages: [[TenantSummary]] = []
            repeat {
                let last = pages.last?.last?.id ?? TenantID(0)
                pages.append(try TenantStore.list(after: last, limit: 4, in: session))
            } while pages.last?.count == 4
            return pages
        }
        #expect(pages.map(\.count) == [4, 2])
        let all = pages.flatMap { $0 }
        #expect(all.map(\.number?.phoneNumberID) == ["1", "2", "3", "4", "5", nil])
        #expect(all.map(\.id.value) == all.map(\.id.value).sorted())
        #expect(all.first?.number?.tokenLast4 == "oken")
        #expect(all.first?.disabledAt == nil)
        #expect(all.last?.disabledAt != nil)
    }
}
