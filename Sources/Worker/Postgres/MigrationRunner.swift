public import Logging

/// Brings the database's schema to what this version of the program needs, or tells why it does not fit.
///
/// The table `schema_migrations` records what was applied. Any number of runners may start at once: an advisory lock
/// lets one work, and the others find nothing left to do.
public struct MigrationRunner: Sendable {
    /// "quotelin" as a number: the key of `pg_advisory_lock`, the same in all versions.
    private static let lockKey: Int64 = 0x7175_6f74_656c_696e

    private static let attempts = 10

    private static let tryLock: PostgresStatement = "SELECT pg_try_advisory_lock($1)"
    private static let lock: PostgresStatement = "SELECT pg_advisory_lock($1)"
    private static let tableExists: PostgresStatement = "SELECT to_regclass('schema_migrations') IS NOT NULL"
    private static let applied: PostgresStatement =
        "SELECT number, checksum, compatible_from FROM schema_migrations ORDER BY number"
    private static let checksum: PostgresStatement = "SELECT encode(sha256($1), 'hex')"
    private static let record: PostgresStatement = """
        INSERT INTO schema_migrations (number, name, checksum, compatible_from, applied_at)
        VALUES ($1, $2, encode(sha256($3), 'hex'), $4, now())
        """
    private static let createTable = """
        CREATE TABLE IF NOT EXISTS schema_migrations (
            number int PRIMARY KEY,
            name text NOT NULL,
            checksum text NOT NULL,
            compatible_from int NOT NULL,
            applied_at timestamptz NOT NULL
        )
        """

    private struct Applied: Sendable {
        let number: Int
        let checksum: String
        let compatibleFrom: Int
    }

    private let migrations: [Migration]

    public init(migrations: [Migration]) throws(MigrationError) {
        self.migrations = migrations.sorted { $0.number < $1.number }
        for (index, migration) in self.migrations.enumerated() {
            guard migration.number > 0, migration.number <= Int32.max else {
                throw .invalidList("\(migration.number) is not a number from 1 on")
            }
            guard index == 0 || self.migrations[index - 1].number < migration.number else {
                throw .invalidList("two have the number \(migration.number)")
            }
            guard (0...migration.number).contains(migration.compatibleFrom) else {
                throw .invalidList(
                    "migration \(migration.number) is compatible from \(migration.compatibleFrom), above itself")
            }
        }
    }

    /// The number of the newest migration that this program knows; 0 if there is none.
    public var newest: Int { migrations.last?.number ?? 0 }

    /// Applies what is missing, each migration in a transaction of its own, and answers their numbers.
    ///
    /// Runs on a connection of its own without a statement timeout, since a migration may take long.
    /// - Throws: `MigrationError`, or `PostgresError` if a statement fails; what was applied before stays.
    @discardableResult
    public func migrate(_ configuration: PostgresConfiguration, logger: Logger) async throws -> [Int] {
        var configuration = configuration
        configuration.statementTimeout = nil
        let connection = try await PostgresConnection.connect(configuration)
        do {
            let numbers = try await migrate(on: connection, logger: logger)
            await connection.close()
            return numbers
        } catch {
            // Closing frees the advisory lock too.
            await connection.close()
            throw error
        }
    }

    /// Checks that this program may work with the schema as it is; changes nothing.
    ///
    /// - Parameter ownVersion: The newest migration that the program was built with; by default the newest of the list.
    /// - Throws: `MigrationError.schemaTooOld` if a migration is missing, `.schemaTooNew` if a newer one is there that is
    ///   not compatible with `ownVersion`, or `PostgresError`.
    public func check(_ database: some PostgresDatabase, ownVersion: Int? = nil) async throws {
        let own = ownVersion ?? newest
        let applied = try await readApplied(database)
        let found = applied.last?.number ?? 0
        let numbers = Set(applied.map(\.number))
        guard migrations.allSatisfy({ $0.number > own || numbers.contains($0.number) }), found >= own else {
            throw MigrationError.schemaTooOld(found: found, needed: own)
        }
        try checkCompatibility(applied, own: own)
    }

    private func migrate(on connection: PostgresConnection, logger: Logger) async throws -> [Int] {
        let gotLock = try await connection.withConnection { session in
            try session.execute(Self.tryLock, [.int8(Self.lockKey)]).only().bool(0)
        }
        if !gotLock {
            logger.info("waiting for another runner of migrations")
            try await connection.withConnection { session in
                _ = try session.execute(Self.lock, [.int8(Self.lockKey)])
            }
        }
        if try await !tableExists(connection) {
            try await connection.withTransaction { session in try session.run(script: Self.createTable) }
        }
        let applied = try await readApplied(connection)
        try checkCompatibility(applied, own: newest)
        let pending = try await findPending(applied, connection)
        for migration in pending {
            try await applyPatiently(migration, connection, logger)
            logger.info(
                "migration applied", metadata: ["number": "\(migration.number)", "name": "\(migration.name)"])
        }
        return pending.map(\.number)
    }

    /// Workers of the version before may be at work: their transactions and a migration of many tables can each hold what
    /// the other waits for. Whoever Postgres gives up begins again.
    private func applyPatiently(
        _ migration: Migration, _ connection: PostgresConnection, _ logger: Logger
    ) async throws {
        for attempt in 1... {
            do {
                return try await apply(migration, connection)
            } catch let error as PostgresError where error.kind == .serialization && attempt < Self.attempts {
                logger.info(
                    "a migration begins again", metadata: ["number": "\(migration.number)", "error": "\(error)"])
            }
        }
    }

    private func apply(_ migration: Migration, _ connection: PostgresConnection) async throws {
        try await connection.withTransaction { session in
            try session.run(script: migration.sql)
            guard session.link.transactionState == .open else {
                throw MigrationError.endsTransaction(number: migration.number, name: migration.name)
            }
            try session.execute(
                Self.record,
                [
                    .int4(Int32(migration.number)), .text(migration.name), .bytea(Array(migration.sql.utf8)),
                    .int4(Int32(migration.compatibleFrom)),
                ])
        }
    }

    private func findPending(_ applied: [Applied], _ connection: PostgresConnection) async throws -> [Migration] {
        let known = Dictionary(uniqueKeysWithValues: applied.map { ($0.number, $0.checksum) })
        var pending: [Migration] = []
        for migration in migrations {
            guard let recorded = known[migration.number] else {
                pending.append(migration)
                continue
            }
            let actual = try await connection.withConnection { session in
                try session.execute(Self.checksum, [.bytea(Array(migration.sql.utf8))]).only().string(0)
            }
            guard actual == recorded else {
                throw MigrationError.changedAfterwards(number: migration.number, name: migration.name)
            }
        }
        if let first = pending.first, let last = applied.last, first.number < last.number {
            throw MigrationError.outOfOrder(missing: first.number, applied: last.number)
        }
        return pending
    }

    private func checkCompatibility(_ applied: [Applied], own: Int) throws(MigrationError) {
        let newer = applied.filter { $0.number > own }
        guard let found = newer.last?.number, let floor = newer.map(\.compatibleFrom).max(), floor > own else { return }
        throw .schemaTooNew(found: found, compatibleFrom: floor, own: own)
    }

    private func tableExists(_ database: some PostgresDatabase) async throws -> Bool {
        try await database.withConnection { session in try session.execute(Self.tableExists).only().bool(0) }
    }

    private func readApplied(_ database: some PostgresDatabase) async throws -> [Applied] {
        guard try await tableExists(database) else { return [] }
        return try await database.withConnection { session in
            try session.execute(Self.applied).map { row in
                Applied(
                    number: Int(try row.int64(0)), checksum: try row.string(1), compatibleFrom: Int(try row.int64(2)))
            }
        }
    }
}
