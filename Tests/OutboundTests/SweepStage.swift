import JobQueue
import NIOCore
import OperationsKit
import OutboundLanes
import Postgres
import QueueTesting
import RedisClient
import TestSupport

@testable import Outbound

/// The sweeps on a real Postgres and a real Redis, each run when a test likes.
struct SweepStage {
    let harness: SendHarness
    let queue: ConnectedQueue
    let lanes: OutboundLanes
    let recipients: RecipientThrottle
    let giver: TurnGiver
    let failures: FailureSweep
    let turns: TurnSweep

    private init(_ harness: SendHarness, _ queue: ConnectedQueue) {
        self.harness = harness
        self.queue = queue
        let logger = queue.logger
        lanes = OutboundLanes(keys: queue.keys, client: queue.client)
        recipients = RecipientThrottle(keys: queue.keys, client: queue.client)
        giver = TurnGiver(pool: harness.pool, lanes: lanes, logger: logger)
        let pauses = NumberPauses(pool: harness.pool, lanes: lanes, logger: logger)
        failures = FailureSweep(
            pool: harness.pool, giver: giver,
            brakes: Brakes(lanes: lanes, recipients: recipients, pauses: pauses, gates: NumberGates(), logger: logger),
            metrics: SendMetrics(registry: PrometheusRegistry()), logger: logger)
        turns = TurnSweep(pool: harness.pool, lanes: lanes, client: queue.client, giver: giver)
    }

    static func run(_ body: @Sendable @escaping (SweepStage) async throws -> Void) async throws {
        try await SendHarness.run { harness in
            try await ConnectedQueue.run(.outbound) { queue in try await body(SweepStage(harness, queue)) }
        }
    }

    /// Submits one text and answers its id.
    func send(to recipient: String = "+16505551234", tenant: Int64 = 1) async throws -> String {
        guard let id = try await harness.submit(Ask.text(to: recipient), tenant: tenant).message?.id else {
            throw TestSupportError("the text was refused")
        }
        return id
    }

    /// Has an attempt of each message begin, and a status say that it failed with one of Meta's codes.
    func fail(_ ids: [String], code: Int, attempt: Int = 1, began: String = "now()") async throws {
        for id in ids {
            _ = try await harness.sql(
                """
                update whatsapp_messages set status = 'failed', attempts = \(attempt), wamid = 'wamid.\(id).\(attempt)'
                where id = '\(id)';
                insert into whatsapp_send_attempts (message_id, attempt, tenant_id, started_at, ended_at, outcome, wamid)
                select id, \(attempt), tenant_id, \(began), \(began), 'accepted', wamid from whatsapp_messages
                where id = '\(id)';
                insert into whatsapp_message_statuses (tenant_id, wamid, status, errors, raw)
                select tenant_id, wamid, 'failed', '[{"code":\(code)}]', '{}' from whatsapp_messages where id = '\(id)';
                """)
        }
    }

    func row(_ id: String, _ columns: String) async throws -> String {
        try await harness.sql("select \(columns) from whatsapp_messages where id = '\(id)'")
    }

    /// Turns that wait to be admitted.
    func given() async throws -> Int64 { try await queue.length(queue.keys.ready) }

    /// Lets the turns that all messages were given be of two minutes ago.
    func age() async throws {
        _ = try await harness.sql(
            """
            update whatsapp_messages set due_at = now() - interval '2 minutes', turn_at = now() - interval '2 minutes'
            """)
    }

    /// Ends what holds a number back.
    func letGo(_ number: String) async throws {
        try await queue.send("DEL", [.text(queue.keys.ratePrefix + "number:" + number)])
    }

    /// Puts turns into a lane, as admission does.
    func fill(_ number: String, _ count: Int) async throws {
        let turns = (0..<count).map { index in
            let turn = Turn(messageID: "T\(index)", tenant: "1", number: number, recipientKey: "r", type: "text")
            return RedisArgument.bytes(turn.element().bytes)
        }
        try await queue.send("LPUSH", [.text(queue.keys.lane(of: number))] + turns)
        try await queue.send(
            "ZADD", [.text(queue.keys.lanes), .text("NX"), .integer(try await queue.now()), .text(number)])
    }
}
