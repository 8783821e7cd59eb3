import GraphSimulator
import TestSupport

/// What became of the quote links: the rows in Postgres, and what the simulator took.
struct SendEvidence: Sendable {
    struct Row: Sendable {
        let message: String
        let quote: String
        let status: String
        let isHeld: Bool
        let resends: Int
        let attempts: Int
    }

    var asked: [String: AskedQuotes.Ask] = [:]
    var rows: [Row] = []
    /// Quotes of the outbox's rows, with what stands in their `error`.
    var outbox: [(quote: String, isDone: Bool, error: String?)] = []
    /// How often each message was taken, by its id.
    var taken: [String: Int] = [:]
    /// Meta's ids of what was taken.
    var wamids: Set<String> = []
    var summary: SimulatorSummary
    /// Jobs left in the outbound queue, lanes included, by place.
    var left: [String: Int] = [:]
    /// Lines of `worker doctor` that find a job without an owner.
    var unowned: [String] = []

    static func read(_ asked: AskedQuotes, from stage: ChaosStage) async throws -> SendEvidence {
        let (deployment, simulator) = (stage.deployment, stage.simulator)
        func rows(_ sql: String) async throws -> [[String?]] {
            try await deployment.postgres.rows(sql, on: deployment.settings.databaseURL)
        }
        var evidence = SendEvidence(
            asked: asked.all, taken: simulator.takenByMessage, wamids: Set(simulator.sends.map(\.wamid)),
            summary: simulator.summary)
        evidence.rows = try await rows(
            """
            select id, quote_id, status, held, resends, attempts from whatsapp_messages
            where direction = 'outbound' and request is not null
            """
        ).map { row in
            Row(
                message: row[0] ?? "", quote: row[1] ?? "", status: row[2] ?? "", isHeld: row[3] == "t",
                resends: Int(row[4] ?? "") ?? 0, attempts: Int(row[5] ?? "") ?? 0)
        }
        evidence.outbox = try await rows(
            "select request #>> '{quote,id}', done_at is not null, error from whatsapp_outbox"
        ).map { ($0[0] ?? "", $0[1] == "t", $0[2]) }
        let depths = try await deployment.depths("outbound")
        evidence.left = [
            "ready": depths.ready, "claimed": depths.claimed, "scheduled": depths.scheduled, "dead": depths.dead,
            "lane": Int(try await deployment.redis.cli("llen", "wa:{outbound}:lane:\(stage.number.phoneNumberID)"))
                ?? -1,
        ]
        let doctor = try await deployment.command.run(["doctor"])
        evidence.unowned = doctor.standardOutput.split(separator: "\n").map(String.init).filter {
            $0.hasPrefix("FAIL  claims") || $0.hasPrefix("FAIL  lanes")
        }
        return evidence
    }

    /// Sends that are still under way: nothing waits for a person, a customer or the clock.
    static func underWay(_ stage: ChaosStage) async throws -> Int {
        let count = try await stage.deployment.sql(
            """
            select (select count(*) from whatsapp_messages where direction = 'outbound' and request is not null
                and (status in ('queued', 'sending') or status = 'unknown' and not held))
                + (select count(*) from whatsapp_outbox where done_at is null)
            """)
        return Int(count) ?? .max
    }
}
