import Synchronization
import TestSupport
import Testing

@testable import Postgres

/// Postgres in trouble under the API: what was asked for once is one message, and the caller may ask again.
@Suite("Sending over the API while Postgres is in trouble") struct LostAnswerTests {
    /// A pool whose next transactions end as they are told.
    private final class Troubled: PostgresDatabase {
        enum Ending: Sendable {
            /// Committed, and the answer is lost.
            case lostAnswer
            /// Not begun.
            case failed(PostgresError.Kind)
        }

        let pool: PostgresPool
        private let endings = Mutex<[Ending]>([])

        init(_ pool: PostgresPool) { self.pool = pool }

        func next(_ endings: [Ending]) { self.endings.withLock { $0 = endings } }

        func withTransaction<Value: Sendable>(
            options: PostgresTransactionOptions, _ body: @escaping @Sendable (PostgresSession) throws -> Value
        ) async throws -> Value {
            switch endings.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) {
            case nil: return try await pool.withTransaction(options: options, body)
            case .lostAnswer:
                _ = try await pool.withTransaction(options: options, body)
                throw PostgresError.commitOutcomeUnknown("told so")
            case .failed(let kind): throw PostgresError(kind, sqlState: "XX000", summary: "told so")
            }
        }

        func withConnection<Value: Sendable>(
            timeout: Duration?, _ body: @escaping @Sendable (PostgresSession) throws -> Value
        ) async throws -> Value {
            try await pool.withConnection(timeout: timeout, body)
        }
    }

    private static let text = #"{"type":"text","to":"+16505551234","body":"hello"}"#

    private func run(_ body: @Sendable @escaping (ConsoleHarness, Troubled) async throws -> Void) async throws {
        let holder = Holder()
        try await ConsoleHarness.run { _ in
        } database: { pool in
            let troubled = Troubled(pool)
            holder.troubled.withLock { $0 = troubled }
            return troubled
        } _: { console in
            guard let troubled = holder.troubled.withLock({ $0 }) else { throw TestSupportError("no database") }
            try await body(console, troubled)
        }
    }

    private final class Holder: Sendable {
        let troubled = Mutex<Troubled?>(nil)
    }

    private func send(_ console: ConsoleHarness, key: String? = nil) async throws -> HTTPReply {
        try await console.call(
            "POST", "/api/whatsapp/send", key: console.first.key, headers: key.map { [("Idempotency-Key", $0)] } ?? [],
            body: Self.text)
    }

    @Test("a text without a key whose commit went unanswered is stored once, and the caller is told its id")
    func once() async throws {
        try await run { console, database in
            database.next([.lostAnswer, .failed(.connection), .failed(.readOnly), .lostAnswer])
            let reply = try await send(console)
            #expect(reply.status == 202, "\(reply.text)")
            let stored = try await console.sql("select id from whatsapp_messages")
            #expect(reply.text.contains(#""id":"\#(stored)""#), "\(stored): \(reply.text)")
            // Its turn comes at once, though the run that was heard of found it there.
            #expect(try await console.length(console.readyKey) == 1)
            // Another one is another message.
            #expect(try await send(console).status == 202)
            #expect(try await console.sql("select count(*) from whatsapp_messages") == "2")
        }
    }

    @Test("if nobody can know even then, the caller gets 503 and a key to ask again with")
    func never() async throws {
        try await run { console, database in
            database.next([.lostAnswer] + Array(repeating: .failed(.connection), count: 9))
            let reply = try await send(console)
            database.next([])
            #expect(try await console.length(console.readyKey) == 1)
            #expect(reply.status == 503 && reply.header("Retry-After") != nil, "\(reply.text)")
            let key = reply.text.split(separator: #""idempotency_key":""#).dropFirst().first?.prefix { $0 != "\"" }
            let again = try await send(console, key: String(try #require(key)))
            #expect(again.status == 202)
            #expect(try await console.sql("select count(*) from whatsapp_messages") == "1")
        }
    }

    @Test(
        "what is over in a while is 503 with Retry-After, and no failure of ours",
        arguments: [PostgresError.Kind.connection, .timeout, .readOnly, .resources])
    func passing(kind: PostgresError.Kind) async throws {
        try await run { console, database in
            database.next([.failed(kind)])
            let reply = try await send(console)
            #expect(reply.status == 503 && reply.header("Retry-After") != nil, "\(reply.text)")
            #expect(reply.header("Content-Type") == "application/problem+json")
        }
    }

    @Test("others in its way cost no answer; a failure that repetition does not mend is one")
    func conflicts() async throws {
        try await run { console, database in
            database.next(Array(repeating: .failed(.serialization), count: 5))
            let repeated = try await send(console)
            #expect(repeated.status == 202, "\(repeated.text)")
            database.next([.failed(.other)])
            let failed = try await send(console)
            #expect(failed.status == 500, "\(failed.text)")
            #expect(try await console.sql("select count(*) from whatsapp_messages") == "1")
        }
    }
}
