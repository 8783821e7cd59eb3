/// Since when a worker's own heartbeats have been answered without a gap: only after a whole lease of that may it declare
/// others dead. After a stall of Redis nobody has renewed, and that is nobody's death. Pure: times are handed in.
///
/// A gap lies between two answers, not in an attempt that failed: where one connection was cut and the next heartbeat is
/// answered in time, Redis has not stood still, and a death nearby need not wait for another lease.
///
/// The bound is two fifths of a lease. A stall that leaves no gap here is no longer than that, and when it began the others
/// had renewed at most a heartbeat before. So even who misses the breath between two such stalls is not declared dead:
/// heartbeat + 2 × 2/5 lease < lease as long as a heartbeat is less than a fifth of a lease.
struct LeaseSteadiness: Sendable {
    private let lease: Duration
    private var since: ContinuousClock.Instant?
    private var lastAnswer: ContinuousClock.Instant?
    /// What the last heartbeat was answered: Redis' time in Unix milliseconds.
    private var redisTime: Int64 = 0

    init(lease: Duration) {
        self.lease = lease
    }

    /// The longest time between two answers that is no gap, in the unit of `lease`.
    static func longestGap(ofLease lease: Int64) -> Int64 { lease * 2 / 5 }

    private var longestGap: Duration { .milliseconds(Self.longestGap(ofLease: lease.milliseconds)) }

    /// A heartbeat was answered.
    ///
    /// The time since the one before counts by our clock and by Redis', which may have been set, or have stood still with
    /// its whole machine.
    mutating func answered(redisTime: Int64, at now: ContinuousClock.Instant) {
        if let last = lastAnswer,
            last.duration(to: now) > longestGap
                || abs(redisTime - self.redisTime) > Self.longestGap(ofLease: lease.milliseconds)
        {
            since = nil
        }
        if since == nil { since = now }
        (lastAnswer, self.redisTime) = (now, redisTime)
    }

    /// What the last heartbeat was answered, if for one full lease there was no gap, and is none now; else nil.
    func steadyBeat(at now: ContinuousClock.Instant) -> Int64? {
        guard let since, let lastAnswer, since.duration(to: now) >= lease, lastAnswer.duration(to: now) < longestGap
        else { return nil }
        return redisTime
    }
}
