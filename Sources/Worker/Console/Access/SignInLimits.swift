internal import HTTPTypes
internal import RedisClient

/// Counts wrong keys in Redis, so that a limit holds across all workers: for each address, and for each account that
/// somebody tries to get into. At the limit of its address nobody gets on; that of an account keeps wrong keys out only:
/// else anybody could lock its holder out from a few addresses.
struct SignInLimits: Sendable {
    /// Wrong keys within the window, and then nothing more is looked at until it ends.
    static let perAddress = 10
    static let perAccount = 100
    static let windowSeconds = 300
    /// Refusals that are written to the audit log within the window, whatever number of addresses they come from: nobody
    /// can fill the table from outside.
    static let newsPerWindow = 50

    /// What is worth a line in the audit log.
    enum News: Int64, Sendable {
        /// The address' first wrong key within the window.
        case first = 1
        /// The wrong key after which the address, or the account, has to wait.
        case limitReached
        /// The last that is told within the window.
        case tooMany
    }

    enum Verdict: Sendable, Equatable {
        /// Nothing was looked at: seconds until the next attempt is.
        case wait(Int)
        case looked(News?)
    }

    /// KEYS: the counts of the address, of the account and of what was told. ARGV: 1 if the key was right, both limits, the
    /// window in seconds, how much is told within it. Returns the seconds to wait (0: go on) and the news (0: none).
    private static let script = RedisScript(
        source: """
            for i = 1, ARGV[1] == '1' and 1 or 2 do
                if tonumber(redis.call('GET', KEYS[i]) or '0') >= tonumber(ARGV[1 + i]) then
                    return {math.max(1, redis.call('TTL', KEYS[i])), 0}
                end
            end
            local news = 0
            local function count(key)
                local sum = redis.call('INCR', key)
                if sum == 1 then redis.call('EXPIRE', key, ARGV[4]) end
                return sum
            end
            if ARGV[1] == '0' then
                for i = 1, 2 do
                    local sum = count(KEYS[i])
                    if sum == tonumber(ARGV[1 + i]) then news = 2
                    elseif i == 1 and sum == 1 then news = 1 end
                end
                if news > 0 then
                    local told = count(KEYS[3])
                    if told == tonumber(ARGV[5]) then news = 3
                    elseif told > tonumber(ARGV[5]) then news = 0 end
                end
            end
            return {0, news}
            """)

    /// `QUEUE_PREFIX`.
    let prefix: String
    let redis: any RedisCommandSender

    /// Notes an attempt.
    /// - Parameter right: whether the key was the right one; it is let in all the same only within its address' limit.
    func admit(right: Bool, address: String, account: String) async throws(RedisError) -> Verdict {
        let base = "\(prefix):auth:{sign-in}:"
        let reply = try await redis.run(
            Self.script,
            keys: ["\(base)address:\(Self.network(address))", "\(base)account:\(account)", "\(base)told"],
            arguments: [
                .text(right ? "1" : "0"), .integer(Self.perAddress), .integer(Self.perAccount),
                .integer(Self.windowSeconds), .integer(Self.newsPerWindow),
            ])
        let numbers = (reply.elements ?? []).map { $0.integer ?? 0 }
        guard numbers.count == 2 else { return .looked(nil) }
        return numbers[0] > 0 ? .wait(Int(numbers[0])) : .looked(News(rawValue: numbers[1]))
    }

    /// Whose attempts are counted together: an IPv4 address; of IPv6 the network of 64 bits, which is what one customer of
    /// a provider has at least (RFC 6177).
    static func network(_ address: String) -> String {
        guard address.contains(":"), !address.contains(".") else { return address }
        let halves = address.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        var groups = halves[0].split(separator: ":")
        if halves.count == 2 {
            let tail = halves[1].split(separator: ":")
            groups += Array(repeating: "0", count: max(0, 8 - groups.count - tail.count)) + tail
        }
        return groups.prefix(4).map { String(Int($0, radix: 16) ?? 0, radix: 16) }.joined(separator: ":") + "::/64"
    }

    static func problem(_ seconds: Int) -> Problem {
        var problem = Problem(
            .tooManyRequests, "too_many_attempts", "Too many wrong keys.",
            detail: "Try again in \(seconds) seconds.")
        problem.headers[.retryAfter] = String(seconds)
        return problem
    }
}
