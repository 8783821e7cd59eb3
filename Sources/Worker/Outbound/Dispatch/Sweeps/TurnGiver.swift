internal import Logging
internal import OutboundLanes
internal import Postgres
internal import RedisClient

/// Gives turns to messages whose rows say that they have one from now on.
struct TurnGiver: Sendable {
    /// What every statement that gives turns answers with, in this order.
    static let columns = "m.id, m.tenant_id::text, m.phone_number_id, m.recipient, m.type"
    private static let takeBack: PostgresStatement = """
        update whatsapp_messages set turn_at = null where id = any($1) and status = 'queued'
        """

    let pool: PostgresPool
    let lanes: OutboundLanes
    let logger: Logger

    static func turn(_ row: PostgresRow) throws(PostgresError) -> Turn {
        Turn(
            messageID: try row.string(0), tenant: try row.string(1), number: try row.string(2),
            recipientKey: Turn.recipientKey(of: try row.optionalString(3) ?? ""), type: try row.string(4))
    }

    func give(_ turns: [Turn]) async {
        guard !turns.isEmpty else { return }
        do {
            try await lanes.pushTurns(turns)
        } catch {
            logger.warning(
                "turns could not be given; they are given again",
                metadata: ["error": "\(error)", "sends": "\(turns.count)"]
            )
            var ids = PostgresArray.text(capacity: turns.count, bytesPerElement: 26)
            for turn in turns { ids.append(turn.messageID) }
            let (takeBack, all) = (Self.takeBack, ids)
            // If not even that succeeds they come a minute later.
            _ = try? await pool.withTransaction { session in try session.execute(takeBack, [.array(all)]) }
        }
    }
}
