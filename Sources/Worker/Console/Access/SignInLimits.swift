internal import HTTPTypes
internal import RedisClient

/// Counts wrong keys in Redis, so that a limit holds across all workers: for each address, and for each account that
/// somebody tries to get into.
struct SignInLimits: Sendable {
    /// Wrong keys within the window, and then nothing more is looked at until it ends.
    static let perAddress = 10
    static let perAccount = 100
    static let windowSeconds = 300

    /// KEYS: the counts of the address and of the account. ARGV: 1 if the key was right, both limits, the window in seconds.
    /// Returns the seconds to wait; 0: go on.
    private static let script = RedisScript(
        source: """
            for i = 1, 2 do
                if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[1 + i]) then
                    return math.max(1, redis.call('TTL', KEYS[i]))
                end
            end
            if ARGV[1] == '0' then
                for i = 1, 2 do
                    if redis.call('INCR', KEYS[i]) == 1 then redis.call('EXPIRE', KEYS[i], ARGV[4]) end
                end
            end
            return 0
            """)

    /// `QUEUE_PREFIX`.
    let prefix: String
    let redis: any RedisCommandSender

    /// Notes an attempt.
    /// - Parameter right: whether the key was the right one; it is let in all the same only within the limits.
    /// - Returns: how many seconds to wait before the next attempt is looked at; nil: this one counts.
    func admit(right: Bool, address: String, account: String) async throws(RedisError) -> Int? {
        let base = "\(prefix):auth:{sign-in}:"
        let reply = try await redis.run(
            Self.script, keys: ["\(base)address:\(address)", "\(base)account:\(account)"],
            arguments: [
                .text(right ? "1" : "0"), .integer(Self.perAddress), .integer(Self.perAccount),
                .integer(Self.windowSeconds),
            ])
        let seconds = Int(reply.integer ?? 0)
        return seconds > 0 ? seconds : nil
    }

    static func problem(_ seconds: Int) -> Problem {
        var problem = Problem(
            .tooManyRequests, "too_many_attempts", "Too many wrong keys.",
            detail: "Try again in \(seconds) seconds.")
        problem.headers[.retryAfter] = String(seconds)
        return problem
    }
}
