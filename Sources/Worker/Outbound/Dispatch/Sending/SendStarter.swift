internal import JobEngine
internal import Logging
internal import OutboundLanes
internal import Postgres
internal import SendPolicy

/// Begins the sends of a batch: one look at all rows, one decision for each, one statement for all that may go.
struct SendStarter: Sendable {
    /// What was committed.
    struct Started: Sendable {
        /// By message.
        var verdicts: [String: TurnVerdict] = [:]
        /// When the beginnings were committed, or a little before.
        var at = ContinuousClock.now
    }

    /// How often a transaction that another one stood in the way of is run again at once.
    private static let serializationRetries = 10

    let pool: PostgresPool
    let tokens: TokenCache
    let logger: Logger

    /// - Parameter sender: whose the attempts are: of this batch alone.
    /// - Throws: `JobOutage` while Postgres is away. Then nothing has begun.
    func start(_ turns: [Turn], sender: String) async throws -> Started {
        do {
            return try await startTogether(turns, sender: sender)
        } catch let error as PostgresError where error.refusesContent {
            // Found by halving, so that a row that cannot begin holds back no other.
            guard turns.count > 1 else {
                logger.error(
                    "a send cannot begin; it is tried again in a minute",
                    metadata: ["error": "\(error)", "message": "\(turns.first?.messageID ?? "")"])
                return Started()
            }
            let middle = turns.count / 2
            let first = try await start(Array(turns[..<middle]), sender: sender)
            do {
                let second = try await start(Array(turns[middle...]), sender: sender)
                return Started(
                    verdicts: first.verdicts.merging(second.verdicts) { first, _ in first },
                    at: min(first.at, second.at))
            } catch {
                // The first half has begun and must go on; the other is given turns by the sweep.
                return first
            }
        }
    }

    private func startTogether(_ turns: [Turn], sender: String) async throws -> Started {
        var conflicts = 0
        var uncertain = 0
        while true {
            do {
                let at = ContinuousClock.now
                let verdicts = try await pool.withTransaction { [tokens] session in
                    try BeginTable.prepare(session)
                    return try Self.begin(turns, sender: sender, tokens: tokens, in: session)
                }
                return Started(verdicts: verdicts, at: at)
            } catch let error as PostgresError {
                switch error.kind {
                case .serialization where conflicts < Self.serializationRetries: conflicts += 1
                case .data, .integrity, .usage: throw error
                case .outcomeUnknown:
                    // Perhaps they have begun. The same sender asks again until it knows, and finds its own.
                    uncertain += 1
                    logger.warning("asking again whether sends have begun", metadata: ["error": "\(error)"])
                    try? await Task.sleep(for: .milliseconds(min(1_000, 20 << min(uncertain, 6))))
                case .connection, .timeout, .readOnly, .resources, .other, .serialization, .cancelled:
                    guard uncertain > 0 else { throw JobOutage("Postgres: \(error)") }
                    uncertain += 1
                    try? await Task.sleep(for: .milliseconds(min(1_000, 20 << min(uncertain, 6))))
                }
            }
        }
    }

    private static func begin(
        _ turns: [Turn], sender: String, tokens: TokenCache, in session: PostgresSession
    ) throws(PostgresError) -> [String: TurnVerdict] {
        let lanes = Dictionary(turns.map { ($0.messageID, $0.number) }, uniquingKeysWith: { first, _ in first })
        var verdicts: [String: TurnVerdict] = [:]
        var begins: [(id: String, asTemplate: Bool)] = []
        var late: Set<String> = []
        var changes: [RowChange] = []
        var waits: [(id: String, milliseconds: Int64)] = []
        for row in try BeginTable.look(up: turns.map(\.messageID), in: session) {
            let verdict = TurnVerdict(row, lane: lanes[row.id] ?? row.number, sender: sender, tokens: tokens)
            verdicts[row.id] = verdict
            switch verdict {
            case .send(let plan):
                if row.status == .queued {
                    begins.append((row.id, plan.asTemplate))
                    if row.isLate { late.insert(row.id) }
                }
            case .change(let change), .renumbered(let change, _): changes.append(change)
            case .later(let milliseconds): waits.append((row.id, milliseconds))
            case .stale, .owned, .paused, .locked, .misplaced: break
            }
        }
        try BeginTable.begin(begins, late: late, sender: sender, in: session)
        try ChangeTable.apply(changes, in: session)
        try DeferralTable.write(waits, in: session)
        return verdicts
    }

    /// Notes when turns come again that have to wait.
    /// - Returns: the messages that are queued; of all others the turn has nothing to wait for. All, while nobody knows.
    func note(_ waits: [(id: String, milliseconds: Int64)]) async -> Set<String> {
        guard !waits.isEmpty else { return [] }
        do {
            return try await pool.withTransaction { session in
                try BeginTable.prepare(session)
                return try DeferralTable.write(waits, in: session)
            }
        } catch {
            logger.debug("sends that wait may get a second turn", metadata: ["error": "\(error)"])
            return Set(waits.map(\.id))
        }
    }
}
