import Postgres
import Testing

@testable import Tenants

@Suite("The database remembers its keys")
struct EncryptionCheckDatabaseTests {
    private static let first = EncryptionKeyRingTests.first
    private static let second = EncryptionKeyRingTests.second

    private func verify(_ configuration: String, in database: TenantDatabase) async throws {
        let ring = try EncryptionKeyRing(parsing: configuration)
        try await database.connection.withTransaction { try EncryptionCheck.verify(ring, in: $0) }
    }

    private func createTenant(_ configuration: String, number: String, in database: TenantDatabase) async throws {
        let sealer = TokenSealer(ring: try EncryptionKeyRing(parsing: configuration))
        let tenant = NewTenant(
            name: try #require(TenantName("T")), phoneNumberID: try #require(PhoneNumberID(number)), wabaID: nil,
            accessToken: try #require(AccessToken("token")))
        _ = try await database.connection.withTransaction { session in
            try TenantStore.create(
                tenant, sealer: sealer, by: AuditActor(name: "operator", origin: "tests"), in: session)
        }
    }

    @Test("the first key is remembered and the same key is welcome again")
    func sameKey() async throws {
        let database = try await TenantDatabase.make()
        for _ in 0..<3 { try await verify("a:\(Self.first)", in: database) }
        #expect(try await database.sql("select key_id from encryption_check") == "a")
    }

    @Test("another key is refused, with an id or without, and changes nothing")
    func otherKey() async throws {
        let database = try await TenantDatabase.make()
        try await verify("a:\(Self.first)", in: database)
        await #expect(throws: EncryptionCheckError.keyDiffers(keyID: "a")) {
            try await verify("a:\(Self.second)", in: database)
        }
        await #expect(throws: EncryptionCheckError.noKeyKnown(configured: ["b"], known: ["a"])) {
            try await verify("b:\(Self.second)", in: database)
        }
        #expect(try await database.sql("select key_id from encryption_check") == "a")
    }

    @Test("an old key may go only when no token is sealed under it any more")
    func rotation() async throws {
        let database = try await TenantDatabase.make()
        try await verify("a:\(Self.first)", in: database)
        try await createTenant("a:\(Self.first)", number: "1", in: database)
        try await createTenant("a:\(Self.first)", number: "2", in: database)
        let both = "b:\(Self.second),a:\(Self.first)"
        try await verify(both, in: database)
        await #expect(throws: EncryptionCheckError.tokensUnderMissingKey(keyID: "a", tokens: 2)) {
            try await verify("b:\(Self.second)", in: database)
        }
        _ = try await database.sql("delete from whatsapp_configs")
        try await createTenant(both, number: "3", in: database)
        try await verify("b:\(Self.second)", in: database)
        #expect(try await database.sql("select key_id from encryption_check order by 1") == "a\nb")
    }

    @Test("of two processes that bring different keys to a new database one is refused")
    func race() async throws {
        let database = try await TenantDatabase.make()
        let configuration = try PostgresConfiguration(url: database.url)
        let rings = try [Self.first, Self.second].map { try EncryptionKeyRing(parsing: $0) }
        let accepted = try await withThrowingTaskGroup(of: Bool.self) { group in
            for index in 0..<8 {
                let ring = rings[index % 2]
                group.addTask {
                    let connection = try await PostgresConnection.connect(configuration)
                    do {
                        try await connection.withTransaction { try EncryptionCheck.verify(ring, in: $0) }
                        return true
                    } catch is EncryptionCheckError {
                        return false
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(accepted.filter { $0 }.count == 4)
        #expect(try await database.sql("select count(*) from encryption_check") == "1")
    }
}
