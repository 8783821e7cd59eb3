/// The pool's decisions: who gets a connection, who waits, who is refused. No clock, no lock, no connection is touched.
///
/// Each event answers with what the pool must do about it.
struct PostgresPoolState<Connection, Waiter> {
    enum LeaseDecision {
        case take(Connection)
        /// `wakeAt`: call `expire` then, unless nil: an earlier call is already due.
        case wait(wakeAt: ContinuousClock.Instant?)
        case refuse(PostgresError)
    }

    enum ReturnDecision {
        case nothing
        case hand(Connection, to: Waiter)
    }

    private struct Queued {
        let id: UInt64
        let waiter: Waiter
        let deadline: ContinuousClock.Instant
    }

    private enum Phase {
        case running
        case shutDown
    }

    let size: Int
    private var phase = Phase.running
    private var idle: [Connection] = []
    private(set) var leased = 0
    private var queue: [Queued] = []
    private var nextWakeUp: ContinuousClock.Instant?
    /// Why the last attempt to connect failed; nil after a success.
    private var lastFailure: PostgresError?

    init(size: Int) {
        self.size = size
    }

    var waiting: Int { queue.count }
    var idleCount: Int { idle.count }
    /// How many connections are missing.
    var missing: Int { phase == .running ? size - leased - idle.count : 0 }
    var isDrained: Bool { phase == .shutDown && leased == 0 }

    /// Someone wants a connection. First come, first served; while no connection exists at all and the last attempt to
    /// make one failed, waiting would help nobody, so the failure is the answer.
    mutating func lease(
        id: UInt64, waiter: Waiter, deadline: ContinuousClock.Instant
    ) -> LeaseDecision {
        guard phase == .running else { return .refuse(.poolShutDown()) }
        if let connection = idle.popLast() {
            leased += 1
            return .take(connection)
        }
        if leased == 0, let lastFailure { return .refuse(lastFailure) }
        queue.append(Queued(id: id, waiter: waiter, deadline: deadline))
        if let nextWakeUp, nextWakeUp <= deadline { return .wait(wakeAt: nil) }
        nextWakeUp = deadline
        return .wait(wakeAt: deadline)
    }

    /// A lease ended.
    mutating func giveBack(_ connection: Connection, isUsable: Bool) -> ReturnDecision {
        leased -= 1
        return isUsable ? offer(connection) : .nothing
    }

    mutating func connected(_ connection: Connection) -> ReturnDecision {
        lastFailure = nil
        return offer(connection)
    }

    /// The waiters that must be told, because there is no connection that could come back to them.
    mutating func connectFailed(_ error: PostgresError) -> [Waiter] {
        guard phase == .running else { return [] }
        lastFailure = error
        return leased + idle.count == 0 ? takeQueue() : []
    }

    /// A waiter gave up by itself; nil if it was served meanwhile.
    mutating func cancel(id: UInt64) -> Waiter? {
        guard let index = queue.firstIndex(where: { $0.id == id }) else { return nil }
        return queue.remove(at: index).waiter
    }

    /// Those who waited long enough, and when to ask again.
    mutating func expire(now: ContinuousClock.Instant) -> (expired: [Waiter], wakeAt: ContinuousClock.Instant?) {
        let expired = queue.filter { $0.deadline <= now }.map(\.waiter)
        queue.removeAll { $0.deadline <= now }
        nextWakeUp = queue.map(\.deadline).min()
        return (expired, nextWakeUp)
    }

    /// Nobody is served any more: those who wait are refused, idle connections are to be closed.
    mutating func shutDown() -> (refused: [Waiter], closing: [Connection]) {
        phase = .shutDown
        defer { idle = [] }
        return (takeQueue(), idle)
    }

    private mutating func offer(_ connection: Connection) -> ReturnDecision {
        guard phase == .running else { return .nothing }
        guard !queue.isEmpty else {
            idle.append(connection)
            return .nothing
        }
        leased += 1
        return .hand(connection, to: queue.removeFirst().waiter)
    }

    private mutating func takeQueue() -> [Waiter] {
        defer { queue = [] }
        return queue.map(\.waiter)
    }
}
