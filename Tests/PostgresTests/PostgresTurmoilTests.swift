import Postgres
import TestSupport
import Testing

@Suite("Turmoil") struct PostgresTurmoilTests {
    private struct Tally: Sendable {
        var answers = 0
        var errors: [PostgresError.Kind: Int] = [:]
        var wrong = 0
    }

    @Test(
        "Cancelled, late, failed and terminated work beside good work: every answer is its own, and the pool is whole")
    func turmoil() async throws {
        try await TestDatabase().withPool(size: 4, waitLimit: .seconds(30)) { pool in
            let tally = try await withThrowingTaskGroup(of: Tally.self) { group in
                for task in 0..<32 { group.addTask { try await work(on: pool, seed: UInt64(task)) } }
                return try await group.reduce(into: Tally()) { all, one in
                    all.answers += one.answers
                    all.wrong += one.wrong
                    all.errors.merge(one.errors) { $0 + $1 }
                }
            }
            #expect(tally.wrong == 0)
            #expect(tally.answers > 500)
            for kind in [PostgresError.Kind.cancelled, .timeout, .data] { #expect(tally.errors[kind, default: 0] > 0) }
            #expect(tally.errors[.other] == nil)
            #expect(tally.errors[.usage] == nil)
            try await waitUntil("all connections to be there") { pool.statistics.idle == 4 }
            for _ in 0..<8 { try await pool.ping() }
        }
    }

    private func work(on pool: PostgresPool, seed: UInt64) async throws -> Tally {
        var random = SeededRandom(seed: seed)
        var tally = Tally()
        for number in 0..<40 {
            let chance = Int.random(in: 0..<20, using: &random)
            let value = Int64(seed) * 1000 + Int64(number)
            let operation = Task { try await run(chance, value, on: pool) }
            if chance == 3 { operation.cancel() }
            do {
                let answer = try await operation.value
                if answer == value { tally.answers += 1 } else { tally.wrong += 1 }
            } catch let error as PostgresError {
                tally.errors[error.kind, default: 0] += 1
            }
        }
        return tally
    }

    private func run(_ chance: Int, _ value: Int64, on pool: PostgresPool) async throws -> Int64 {
        if chance == 0 {
            try await pool.withTransaction(options: PostgresTransactionOptions(timeout: .milliseconds(20))) { session in
                _ = try session.execute("SELECT pg_sleep(20)")
            }
        }
        return try await pool.withTransaction { session in
            if chance == 1 { try session.execute("SELECT 1 / 0") }
            if chance == 2, value % 4 == 0 {
                try session.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            }
            return try session.execute("SELECT $1", [.int8(value)]).only().int64(0)
        }
    }
}
