public import JobQueue
public import RedisClient

/// What a queue holds at one moment.
public struct QueueStats: Sendable, Equatable {
    public var ready: Int64
    public var claimed: Int64
    public var scheduled: Int64
    public var dead: Int64
    /// Sends that wait in the lanes of their numbers; 0 for inbound, which has none.
    public var inLanes: Int64
    /// Scheduled jobs whose time has come.
    public var overdue: Int64
    /// Milliseconds since the oldest waiting or claimed job was accepted; nil if there is none. What waits in a
    /// paused lane does not count.
    public var oldestAge: Int64?
    /// Jobs next in a line that carry no time, as a producer's short form: each may be older than ``oldestAge``.
    public var undated: Int64
    public var bytes: Int64
    public var workers: Int64
    public var departed: Int64
    public var isPaused: Bool

    /// Reads them in one step. The claimed lists are found by their owners' names, never by a scan.
    public static func read(_ keys: QueueKeys, from redis: some RedisCommandSender) async throws(RedisError)
        -> QueueStats
    {
        let reply = try await redis.run(
            JobScripts.stats,
            keys: [
                keys.ready, keys.scheduled, keys.dead, keys.paused, keys.workers, keys.departed, keys.lanes,
                keys.pausedLanes,
            ],
            arguments: [.text(keys.claimedPrefix), .text(keys.lanePrefix)])
        let numbers = try reply.integers()
        guard numbers.count == 13 else { throw RedisError.unexpectedReply("stats: thirteen numbers") }
        return QueueStats(
            ready: numbers[0], claimed: numbers[1], scheduled: numbers[2], dead: numbers[3], inLanes: numbers[11],
            overdue: numbers[4],
            oldestAge: numbers[5] < 0 ? nil : max(0, numbers[10] - numbers[5]), undated: numbers[12], bytes: numbers[6],
            workers: numbers[7],
            departed: numbers[8], isPaused: numbers[9] == 1)
    }
}
