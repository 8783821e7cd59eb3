import Foundation
import JobEngine
import JobQueue
import Logging
import NIOCore
import OutboundLanes
import Synchronization
import TestSupport
import Testing

@testable import Outbound
@testable import Postgres

/// Submissions whose COMMIT nobody heard of, and those of hosts whose clocks are wrong.
@Suite("Submissions among faults", .timeLimit(.minutes(1)))
struct SubmissionFaultTests {
    private static let request = #"{"tenant":1,"key":"k","to":"+16505551234","body":"hello"}"#

    @Test("a pushed request whose row was written in a lost COMMIT has its turn when it is tried again")
    func lostCommit() async throws {
        try await SendHarness.run { harness in
            let processor = AdmissionProcessor(
                pool: harness.pool, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            let job = JobElement(
                header: JobHeader(id: "J1", type: "text", receivedAt: 1), payload: ByteBuffer(string: Self.request))
            // A deferred trigger runs inside of COMMIT and holds it there.
            _ = try await harness.sql(
                """
                create function linger() returns trigger language plpgsql as
                    'begin perform pg_sleep(60); return null; end';
                create constraint trigger lingering after insert on whatsapp_messages deferrable initially deferred
                    for each row execute function linger();
                """)
            async let first = error(of: { try await processor.process([job]) })
            try await waitUntil("COMMIT to run and be terminated") {
                try await harness.sql(
                    """
                    select bool_or(pg_terminate_backend(pid)) from pg_stat_activity
                    where datname = current_database() and query = 'COMMIT' and state = 'active'
                    """) == "t"
            }
            #expect(await first is JobOutage)
            // What it would have written if the answer alone had been lost.
            _ = try await harness.sql("drop trigger lingering on whatsapp_messages")
            let written = try await harness.submit(
                #"{"type":"text","to":"+16505551234","body":"hello"}"#, key: "k", origin: .redis(jobID: "J1"))
            guard case .new = written else {
                Issue.record("\(written)")
                return
            }
            let second = try await processor.process([job])
            #expect(second.count == 1 && second[0].replacement?.header.type == "text")
            #expect(try await processor.process([job]) == [.completed])
        }
    }

    /// Whose transactions are committed, while nobody hears of the first that writes a message.
    private final class Unheard: PostgresDatabase {
        private let pool: PostgresPool
        private let isOver = Atomic(false)

        init(_ pool: PostgresPool) { self.pool = pool }

        func withTransaction<Value: Sendable>(
            options: PostgresTransactionOptions, _ body: @escaping @Sendable (PostgresSession) throws -> Value
        ) async throws -> Value {
            let value = try await pool.withTransaction(options: options, body)
            guard let drained = value as? Outbox.Drained, !drained.turns.isEmpty,
                isOver.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged
            else { return value }
            throw PostgresError.commitOutcomeUnknown("told so")
        }

        func withConnection<Value: Sendable>(
            timeout: Duration?, _ body: @escaping @Sendable (PostgresSession) throws -> Value
        ) async throws -> Value {
            try await pool.withConnection(timeout: timeout, body)
        }
    }

    @Test("a row of the outbox whose message was written in a lost COMMIT has its turn at once")
    func lostOutboxCommit() async throws {
        try await SendHarness.run { harness in
            let pushed = Mutex<[String]>([])
            let listener = OutboxListener(
                configuration: try PostgresConfiguration(url: harness.url), pool: Unheard(harness.pool),
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                push: { turns in pushed.withLock { $0 += turns.map(\.messageID) } })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await listener.run() }
                for body in ["unheard", "heard"] {
                    _ = try await harness.sql(
                        "insert into whatsapp_outbox (tenant_id, request) values (1, '\(Ask.text(body))')")
                    try await waitUntil("the turn of \(body)") {
                        let id = try await harness.sql("select id from whatsapp_messages where text = '\(body)'")
                        return pushed.withLock { $0.contains(id) }
                    }
                }
                group.cancelAll()
            }
            #expect(pushed.withLock { $0.count } == 2)
        }
    }

    private func error(of body: @Sendable () async throws -> [JobResult]) async -> (any Error)? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("send_at holds by the database's clock, though the host's is ahead or behind")
    func clocks() async throws {
        try await SendHarness.run { harness in
            let real = Int64(Date().timeIntervalSince1970 * 1_000)
            let inFiveMinutes = UTCTime.text((real + 300_000) * 1_000)
            let (ahead, behind) = (real + 600_000, real - 600_000)
            for (now, more) in [
                (ahead, ""), (behind, ""), (ahead, #","send_at":"\#(inFiveMinutes)""#),
                (behind, #","send_at":"\#(UTCTime.text((real - 60_000) * 1_000))""#),
            ] {
                _ = try await harness.submit(Ask.text(more: more), now: now)
            }
            #expect(
                try await harness.sql(
                    """
                    select due_at <= now(), due_at between now() + interval '4 min' and now() + interval '6 min',
                        turn_at is null
                    from whatsapp_messages order by due_at - now() > interval '1 min', turn_at is null, id
                    """) == "t|f|f\nt|f|f\nt|f|t\nf|t|t")
        }
    }
}
