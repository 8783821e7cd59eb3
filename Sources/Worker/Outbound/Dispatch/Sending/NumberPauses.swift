public import Logging
public import OutboundLanes
public import Postgres
internal import RedisClient

/// Pauses a number for all workers at once: in its settings, where its tenant reads why, and in its lane.
public struct NumberPauses: Sendable {
    /// Only the settings that the refused send knew: who has saved a good token or resumed the number since has ended the
    /// pause before it began.
    private static let pause: PostgresStatement = """
        update whatsapp_configs set status = 'paused', status_reason = $3, updated_at = now()
        where tenant_id = $1 and phone_number_id = $2
            and ($4::bigint is null or version = $4) and ($5::timestamptz is null or updated_at <= $5)
        returning status
        """
    private static let look: PostgresStatement = """
        select status = 'paused' from whatsapp_configs where phone_number_id = $1
        """

    let pool: PostgresPool
    let lanes: OutboundLanes
    let logger: Logger

    public init(pool: PostgresPool, lanes: OutboundLanes, logger: Logger) {
        self.pool = pool
        self.lanes = lanes
        self.logger = logger
    }

    /// - Parameters:
    ///   - version: of the settings that the refused send used, where that is known.
    ///   - startedAt: when the refused attempt began, in microseconds since 1970, where the refusal came late.
    /// - Returns: whether the number is paused now.
    @discardableResult
    public func pause(
        tenant: Int64, number: String, version: Int64? = nil, startedAt: Int64? = nil, reason: String
    ) async throws -> Bool {
        let pause = Self.pause
        let written = try await pool.withTransaction { session in
            try session.execute(
                pause,
                [
                    .int8(tenant), .text(number), .text(SafeText.clean(reason)), .int8(version),
                    .timestamptz(startedAt),
                ]
            ).count > 0
        }
        guard written else { return false }
        logger.error(
            "paused a tenant's number: nothing of it goes out until a person has acted",
            metadata: ["tenant": "\(tenant)", "reason": "\(reason)"])
        try await hold(number: number, reason: reason)
        return true
    }

    /// Pauses the lane of a number whose settings say that it is paused.
    func hold(number: String, reason: String) async throws {
        try await lanes.pause(number: number, reason: reason)
        // Somebody may have ended the pause between the two steps; then the lane must not stay paused.
        let look = Self.look
        let isPaused = try await pool.withConnection { session in
            try session.execute(look, [.text(number)]).first?.bool(0) ?? false
        }
        if !isPaused { try await lanes.resume(number: number) }
    }
}
