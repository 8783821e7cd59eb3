import Postgres
import TestSupport
import Testing

@testable import Tenants

@Suite("A tenant's settings")
struct ConfigStoreTests {
    private let actor = AuditActor(name: "ana", origin: "10.0.0.1")
    private let sealer: TokenSealer

    init() throws {
        sealer = TokenSealer(ring: try EncryptionKeyRing(parsing: "main:\(EncryptionKeyRingTests.first)"))
    }

    /// A database with a tenant that has a number.
    private func make(number: String = "100") async throws -> (TenantDatabase, TenantID) {
        let database = try await TenantDatabase.make()
        return (database, try await add(number, to: database))
    }

    private func add(_ number: String, to database: TenantDatabase) async throws -> TenantID {
        let tenant = NewTenant(
            name: try #require(TenantName("T")), phoneNumberID: try #require(PhoneNumberID(number)), wabaID: nil,
            accessToken: try #require(AccessToken("EAAG-token-of-\(number)")))
        return try await database.connection.withTransaction { [sealer, actor] session in
            try TenantStore.create(tenant, sealer: sealer, by: actor, in: session).id
        }
    }

    private func save(
        _ tenant: TenantID, version: Int64? = nil, in database: TenantDatabase, by sealer: TokenSealer? = nil,
        _ change: @escaping @Sendable (inout ConfigChange) -> Void
    ) async throws -> TenantConfig {
        try await database.connection.withTransaction { [actor, own = self.sealer] session in
            var wanted = ConfigChange()
            change(&wanted)
            return try ConfigStore.save(
                wanted, of: tenant, expectedVersion: version, sealer: sealer ?? own, by: actor, in: session)
        }
    }

    private func token(_ tenant: TenantID, in database: TenantDatabase) async throws -> String? {
        try await database.connection.withTransaction { [sealer] session in
            try ConfigStore.accessToken(of: tenant, sealer: sealer, in: session)?.token.reveal()
        }
    }

    @Test("what is not named keeps its value; each change raises the version and tells the audit log its fields")
    func partial() async throws {
        let (database, tenant) = try await make()
        let first = try await save(tenant, version: 1, in: database) {
            $0.template = .set(TenantConfig.MessageTemplate(name: "quote_ready", language: "en_US"))
            $0.linkHosts = .set(["Quotes.example.com", "*.example.org"])
            $0.throttlePerSecond = .set(20)
        }
        #expect(first.version == 2 && first.linkHosts == ["quotes.example.com", "*.example.org"])
        let second = try await save(tenant, version: 2, in: database) {
            $0.defaultBody = .set("Hi")
            $0.template = .set(nil)
            $0.isActive = .set(false)
        }
        #expect(second.template == nil && second.throttlePerSecond == 20 && second.defaultBody == "Hi")
        #expect(!second.isActive && second.accessToken.last4 == "-100" && second.accessToken.setBy == "ana")
        let loaded = try await database.connection.withTransaction { session in
            try ConfigStore.load(tenant, in: session)
        }
        #expect(loaded == second)
        #expect(
            try await database.sql(
                "select actor, detail->>'fields', origin from audit_log where action = 'config.update' order by id")
                == #"ana|["throttle_per_second", "template", "link_hosts"]|10.0.0.1"# + "\n"
                + #"ana|["is_active", "template", "default_body"]|10.0.0.1"#)
        #expect(try await token(tenant, in: database) == "EAAG-token-of-100")
    }

    @Test("a new token makes a paused number active, another change does not")
    func newToken() async throws {
        let (database, tenant) = try await make()
        _ = try await database.sql("update whatsapp_configs set status = 'paused', status_reason = 'token expired'")
        let still = try await save(tenant, in: database) { $0.throttlePerSecond = .set(5) }
        #expect(still.status == "paused" && still.statusReason == "token expired")
        let active = try await save(tenant, in: database) { $0.accessToken = .set("EAAG-another-one-7777") }
        #expect(active.status == "active" && active.statusReason == nil && active.accessToken.last4 == "7777")
        #expect(try await token(tenant, in: database) == "EAAG-another-one-7777")
        #expect(!(try await database.sql("select detail from audit_log")).contains("EAAG"))
    }

    @Test(
        "with another number the token is sealed anew and waiting messages move; a token that does not open is asked for"
    )
    func newNumber() async throws {
        let (database, tenant) = try await make()
        _ = try await database.sql(
            """
            insert into whatsapp_messages (id, tenant_id, conversation_id, direction, type, status, sent_at, phone_number_id,
                turn_at)
            values ('a', \(tenant), 1, 'outbound', 'text', 'queued', now(), '100', now()),
                ('b', \(tenant), 1, 'outbound', 'text', 'sent', now(), '100', now())
            """)
        let other = TokenSealer(ring: try EncryptionKeyRing(parsing: "main:\(EncryptionKeyRingTests.second)"))
        await #expect(throws: ConfigError.tokenUnreadable) {
            try await save(tenant, in: database, by: other) { $0.phoneNumberID = .set("101") }
        }
        _ = try await save(tenant, in: database) { $0.phoneNumberID = .set("101") }
        #expect(try await token(tenant, in: database) == "EAAG-token-of-100")
        #expect(
            try await database.sql("select id, phone_number_id, turn_at is null from whatsapp_messages order by id")
                == "a|101|t\nb|100|f")
    }

    @Test("refusals: a number that is taken, a version that is not the present one, a tenant that is none")
    func refusals() async throws {
        let (database, tenant) = try await make()
        let second = try await add("200", to: database)
        await #expect(throws: ConfigError.phoneNumberTaken("100")) {
            try await save(second, in: database) { $0.phoneNumberID = .set("100") }
        }
        await #expect(throws: ConfigError.versionConflict(current: 1)) {
            try await save(tenant, version: 7, in: database) { $0.isActive = .set(false) }
        }
        await #expect(throws: ConfigError.unknownTenant) {
            try await save(TenantID(99), in: database) { $0.isActive = .set(false) }
        }
    }

    @Test("after removal the first change must bring number and token")
    func removal() async throws {
        let (database, tenant) = try await make()
        let removed = try await database.connection.withTransaction { [actor] session in
            (
                try ConfigStore.remove(tenant, expectedVersion: 9, by: actor, in: session),
                try ConfigStore.remove(tenant, expectedVersion: 1, by: actor, in: session)
            )
        }
        #expect(removed == (nil, "100"))
        await #expect(throws: ConfigError.missing(field: "phone_number_id")) {
            try await save(tenant, in: database) { $0.isActive = .set(true) }
        }
        await #expect(throws: ConfigError.missing(field: "access_token")) {
            try await save(tenant, in: database) { $0.phoneNumberID = .set("100") }
        }
        let created = try await save(tenant, version: 0, in: database) {
            $0.phoneNumberID = .set("100")
            $0.accessToken = .set("token")
        }
        #expect(created.version == 1 && created.isActive && created.accessToken.last4 == nil)
    }

    @Test("two first savers at once: one creates, the other one is told", .timeLimit(.minutes(1)))
    func firstSavers() async throws {
        let (database, tenant) = try await make()
        _ = try await database.sql("delete from whatsapp_configs")
        let other = try await PostgresConnection.connect(try PostgresConfiguration(url: database.url))
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for connection in [database.connection, other] {
                group.addTask { [sealer, actor] in
                    do {
                        _ = try await connection.withTransaction { session in
                            var change = ConfigChange()
                            change.phoneNumberID = .set("100")
                            change.accessToken = .set("token")
                            return try ConfigStore.save(
                                change, of: tenant, expectedVersion: 0, sealer: sealer, by: actor, in: session)
                        }
                        return true
                    } catch {
                        return (error as? ConfigError) != .versionConflict(current: 1)
                    }
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(outcomes.filter { $0 }.count == 1)
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        let field: String
        let change: @Sendable (inout ConfigChange) -> Void
        var testDescription: String { field }
    }

    @Test(
        "a wrong value names its field",
        arguments: [
            Wrong(field: "phone_number_id") { $0.phoneNumberID = .set("1 2") },
            Wrong(field: "waba_id") { $0.wabaID = .set("") },
            Wrong(field: "throttle_per_second") { $0.throttlePerSecond = .set(0) },
            Wrong(field: "throttle_per_second") { $0.throttlePerSecond = .set(1_001) },
            Wrong(field: "access_token") { $0.accessToken = .set("") },
            Wrong(field: "access_token") { $0.accessToken = .set("a\nb") },
            Wrong(field: "default_body") { $0.defaultBody = .set(" ") },
            Wrong(field: "default_body") { $0.defaultBody = .set("a\u{0}") },
            Wrong(field: "default_body") { $0.defaultBody = .set(String(repeating: "a", count: 1_025)) },
            Wrong(field: "template.name") { $0.template = .set(.init(name: "", language: "en")) },
            Wrong(field: "template.language") { $0.template = .set(.init(name: "a", language: "e n")) },
            Wrong(field: "link_hosts[1]") { $0.linkHosts = .set(["a.example", "https://b.example"]) },
            Wrong(field: "link_hosts[0]") { $0.linkHosts = .set(["*.com."]) },
            Wrong(field: "link_hosts[0]") { $0.linkHosts = .set(["10.0.0.1"]) },
        ])
    func wrong(_ wrong: Wrong) {
        var change = ConfigChange()
        wrong.change(&change)
        let error = #expect(throws: ConfigError.self) { try ConfigRules.check(change) }
        #expect(error?.field == wrong.field)
    }

    @Test("a tenant is switched off while conversations of new customers are being opened", .timeLimit(.minutes(1)))
    func switchedOffBeside() async throws {
        let (database, tenant) = try await make()
        let (opener, latch) = (
            try await PostgresConnection.connect(try PostgresConfiguration(url: database.url)),
            "pg_advisory_xact_lock(99)"
        )
        try await database.connection.withConnection { try $0.run(script: "select pg_advisory_lock(99)") }
        async let opened: Void = opener.withTransaction { session in
            try session.run(
                script: "insert into whatsapp_conversations (tenant_id) values (\(tenant.value)); select \(latch)")
        }
        try await waitUntil("the conversation to be open") {
            try await database.sql(
                "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%\(latch)'")
                == "1"
        }
        let isNew = try await database.connection.withTransaction { [actor] session in
            try TenantStore.disable(tenant, by: actor, in: session)
        }
        #expect(isNew == true)
        try await database.connection.withConnection { try $0.run(script: "select pg_advisory_unlock(99)") }
        try await opened
    }

    @Test("keys: made, listed, found by what is presented, rotated and revoked; a disabled tenant's are told apart")
    func keys() async throws {
        let (database, tenant) = try await make()
        try await database.connection.withTransaction { [actor] session in
            let first = try #require(try APIKeyStore.create(for: tenant, by: actor, in: session))
            #expect(try APIKeyStore.create(for: TenantID(99), by: actor, in: session) == nil)
            let presented = try #require(APIKey(presented: first.key.reveal()))
            #expect(
                try APIKeyStore.holder(of: presented, in: session)
                    == APIKeyStore.Holder(keyID: first.id, tenant: tenant, isDisabled: false))
            #expect(try APIKeyStore.holder(of: try APIKey.generate(), in: session) == nil)
            let second = try #require(try APIKeyStore.rotate(for: tenant, by: actor, in: session))
            #expect(try APIKeyStore.holder(of: first.key, in: session) == nil)
            #expect(try APIKeyStore.list(of: tenant, in: session).map { $0.revokedAt == nil } == [false, false, true])
            #expect(try TenantStore.disable(tenant, by: actor, in: session) == true)
            #expect(try TenantStore.disable(tenant, by: actor, in: session) == false)
            #expect(try TenantStore.disable(TenantID(99), by: actor, in: session) == nil)
            #expect(try APIKeyStore.holder(of: second.key, in: session)?.isDisabled == true)
            #expect(try APIKeyStore.revoke(second.id, of: TenantID(99), by: actor, in: session) == false)
            #expect(try APIKeyStore.revoke(second.id, of: tenant, by: actor, in: session))
            #expect(try APIKeyStore.holder(of: second.key, in: session) == nil)
        }
        #expect(
            try await database.sql("select string_agg(action, ' ' order by id) from audit_log")
                == "tenant.create api_key.create api_key.rotate tenant.disable api_key.revoke")
    }
}
