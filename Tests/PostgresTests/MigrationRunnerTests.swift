import Logging
import Postgres
import TestSupport
import Testing

@Suite("Migrations") struct MigrationRunnerTests {
    private let logger = Logger(label: "tests")

    private static let first = Migration(
        number: 1, name: "core",
        sql: """
            CREATE TABLE tenants (id text PRIMARY KEY);
            CREATE FUNCTION one() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;
            INSERT INTO tenants VALUES ('a;b');
            """, compatibleFrom: 1)
    private static let second = Migration(
        number: 2, name: "notes", sql: "ALTER TABLE tenants ADD COLUMN notes text", compatibleFrom: 1)
    private static let breaking = Migration(
        number: 3, name: "rename", sql: "ALTER TABLE tenants RENAME COLUMN notes TO remarks", compatibleFrom: 3)

    @Test("What is missing is applied in order and recorded; a second run finds nothing to do")
    func migrates() async throws {
        let database = try await TestDatabase()
        let old = try MigrationRunner(migrations: [Self.first])
        #expect(try await old.migrate(try database.configuration, logger: logger) == [1])
        let new = try MigrationRunner(migrations: [Self.second, Self.first])
        #expect(try await new.migrate(try database.configuration, logger: logger) == [2])
        #expect(try await new.migrate(try database.configuration, logger: logger) == [])
        #expect(
            try await database.sql(
                """
                SELECT number, name, length(checksum), compatible_from, applied_at > now() - interval '1 minute'
                FROM schema_migrations ORDER BY number
                """) == "1|core|64|1|t\n2|notes|64|1|t")
        #expect(try await database.sql("SELECT id FROM tenants") == "a;b")
    }

    @Test("Runners that start at once do the work once")
    func concurrentRunners() async throws {
        let database = try await TestDatabase()
        let configuration = try database.configuration
        let slow = Migration(
            number: 4, name: "slow", sql: "SELECT pg_sleep(0.3); CREATE TABLE once ()", compatibleFrom: 1)
        let runner = try MigrationRunner(migrations: [Self.first, Self.second, slow])
        let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
            for _ in 0..<4 { group.addTask { try await runner.migrate(configuration, logger: logger) } }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(applied == [1, 2, 4])
    }

    @Test("A migration that Postgres gives up to end a deadlock with running Workers is applied again")
    func deadlock() async throws {
        let database = try await TestDatabase()
        let configuration = try database.configuration
        _ = try await database.sql("CREATE TABLE first (); CREATE TABLE second ()")
        let gate = try await database.connect()
        try await gate.withConnection { session in try session.run(script: "SELECT pg_advisory_lock(77)") }
        let locking = Migration(
            number: 1, name: "locking",
            sql: "LOCK TABLE first; SELECT pg_advisory_xact_lock(77); LOCK TABLE second; CREATE TABLE third ()",
            compatibleFrom: 1)
        async let applied = MigrationRunner(migrations: [locking]).migrate(configuration, logger: logger)
        func waiting(_ kind: String) async throws -> Bool {
            try await database.sql(
                """
                SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                WHERE d.datname = current_database() AND locktype = '\(kind)' AND NOT granted
                """) == "1"
        }
        try await waitUntil("the migration to hold the first table") { try await waiting("advisory") }
        // The Worker waits for the migration, and would notice a deadlock later than the migration does.
        let worker = try await database.connect()
        async let work: Void = worker.withTransaction { session in
            try session.run(script: "SET LOCAL deadlock_timeout = '60s'; LOCK TABLE second; LOCK TABLE first")
        }
        try await waitUntil("the Worker to wait for the first table") { try await waiting("relation") }
        try await gate.withConnection { session in try session.run(script: "SELECT pg_advisory_unlock(77)") }
        try await work
        #expect(try await applied == [1])
        try await waitUntil("the server to have counted the deadlock") {
            try await database.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()") == "1"
        }
    }

    @Test("A migration that fails leaves nothing of itself, and the ones before it stay")
    func failure() async throws {
        let database = try await TestDatabase()
        let broken = Migration(
            number: 2, name: "broken", sql: "CREATE TABLE half (); SELECT 1 / 0; CREATE TABLE whole ()",
            compatibleFrom: 1)
        let runner = try MigrationRunner(migrations: [Self.first, broken])
        let error = try await postgresError {
            try await runner.migrate(try database.configuration, logger: logger)
        }
        #expect(error.sqlState == "22012")
        #expect(
            try await database.sql("SELECT max(number), to_regclass('half') IS NULL FROM schema_migrations") == "1|t")
        let repaired = try MigrationRunner(migrations: [Self.first, Self.second])
        #expect(try await repaired.migrate(try database.configuration, logger: logger) == [2])
    }

    @Test("A migration changed after it was applied is refused, by its number and name")
    func changed() async throws {
        let database = try await TestDatabase()
        try await MigrationRunner(migrations: [Self.first]).migrate(try database.configuration, logger: logger)
        let edited = Migration(number: 1, name: "core", sql: Self.first.sql + " ", compatibleFrom: 1)
        let runner = try MigrationRunner(migrations: [edited, Self.second])
        await #expect(throws: MigrationError.changedAfterwards(number: 1, name: "core")) {
            try await runner.migrate(try database.configuration, logger: logger)
        }
        #expect(try await database.sql("SELECT count(*) FROM schema_migrations") == "1")
    }

    @Test("A number below one that is applied already is refused")
    func outOfOrder() async throws {
        let database = try await TestDatabase()
        let later = Migration(number: 5, name: "later", sql: "SELECT 1", compatibleFrom: 1)
        try await MigrationRunner(migrations: [Self.first, later]).migrate(try database.configuration, logger: logger)
        let runner = try MigrationRunner(migrations: [Self.first, Self.second, later])
        await #expect(throws: MigrationError.outOfOrder(missing: 2, applied: 5)) {
            try await runner.migrate(try database.configuration, logger: logger)
        }
    }

    @Test(
        "A script that ends its own transaction is refused", arguments: ["COMMIT", "COMMIT; BEGIN; SELECT 1; ROLLBACK"])
    func ownTransaction(script: String) async throws {
        let database = try await TestDatabase()
        let runner = try MigrationRunner(
            migrations: [Migration(number: 1, name: "own", sql: script, compatibleFrom: 1)])
        await #expect(throws: MigrationError.endsTransaction(number: 1, name: "own")) {
            try await runner.migrate(try database.configuration, logger: logger)
        }
    }

    @Test("A program refuses an older schema, and a newer one that is not compatible with it")
    func check() async throws {
        let database = try await TestDatabase()
        let connection = try await database.connect()
        let own = try MigrationRunner(migrations: [Self.first, Self.second])
        await #expect(throws: MigrationError.schemaTooOld(found: 0, needed: 2)) { try await own.check(connection) }
        try await MigrationRunner(migrations: [Self.first]).migrate(try database.configuration, logger: logger)
        await #expect(throws: MigrationError.schemaTooOld(found: 1, needed: 2)) { try await own.check(connection) }
        try await own.check(connection, ownVersion: 1)
        try await own.migrate(try database.configuration, logger: logger)
        try await own.check(connection)

        let newer = try MigrationRunner(migrations: [Self.first, Self.second, Self.breaking])
        let gentle = try MigrationRunner(migrations: [Self.first])
        try await gentle.check(connection)
        #expect(try await gentle.migrate(try database.configuration, logger: logger) == [])
        try await newer.migrate(try database.configuration, logger: logger)
        let refusal = MigrationError.schemaTooNew(found: 3, compatibleFrom: 3, own: 2)
        await #expect(throws: refusal) { try await own.check(connection) }
        await #expect(throws: refusal) { try await own.migrate(try database.configuration, logger: logger) }
        try await newer.check(connection)
    }

    @Test(
        "A list that cannot be meant is refused",
        arguments: [
            [Migration(number: 0, name: "zero", sql: "", compatibleFrom: 0)],
            [first, Migration(number: 1, name: "again", sql: "", compatibleFrom: 1)],
            [Migration(number: 1, name: "ahead", sql: "", compatibleFrom: 2)],
        ])
    func badList(migrations: [Migration]) {
        #expect(throws: MigrationError.self) { try MigrationRunner(migrations: migrations) }
    }

    @Test("Every refusal says what to do")
    func descriptions() {
        #expect("\(MigrationError.schemaTooOld(found: 1, needed: 2))".contains("worker migrate"))
        #expect("\(MigrationError.schemaTooNew(found: 3, compatibleFrom: 3, own: 2))".contains("newer version"))
        #expect("\(MigrationError.changedAfterwards(number: 1, name: "core"))".contains("new migration"))
    }
}
