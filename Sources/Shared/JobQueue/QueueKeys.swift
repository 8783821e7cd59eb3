/// A queue's name: the part inside the braces of its Redis keys.
public enum QueueName: String, Sendable, Hashable, CaseIterable {
    case inbound
    case outbound
    /// Files that came with messages.
    case media
}

/// Every Redis key of one queue. The braces are a hash tag, so that all of them share a cluster slot.
public struct QueueKeys: Sendable, Hashable {
    public let queue: QueueName
    private let base: String

    /// - Parameter prefix: `QUEUE_PREFIX`, `wa` unless configured.
    public init(prefix: String, queue: QueueName) {
        self.queue = queue
        base = "\(prefix):{\(queue.rawValue)}:"
    }

    /// LIST of waiting jobs: producers push left, consumers take from the right.
    public var ready: String { base + "ready" }
    /// ZSET of retries, score = due time in Unix milliseconds.
    public var scheduled: String { base + "scheduled" }
    /// ZSET of dead letters, score = when, in Unix milliseconds.
    public var dead: String { base + "dead" }
    /// STRING, present while the queue is paused: why, since when.
    public var paused: String { base + "paused" }
    /// ZSET of living workers, score = last heartbeat in Unix milliseconds.
    public var workers: String { base + "workers" }
    /// ZSET of workers that are gone but whose claimed lists are still watched, score = when they went.
    public var departed: String { base + "departed" }
    /// STRING written by readiness checks to prove that a real write is possible.
    public var probe: String { base + "probe" }
    /// What the name of every worker's claimed list begins with.
    public var claimedPrefix: String { base + "claimed:" }

    /// LIST of the jobs that `worker` holds.
    public func claimed(by worker: String) -> String { claimedPrefix + worker }
    /// ZSET of the lanes that hold sends, score = next time one may go, in Unix milliseconds.
    public var lanes: String { base + "lanes" }
    /// HASH of paused lanes: why, since when.
    public var pausedLanes: String { base + "lanes:paused" }
    /// What the name of every lane's list begins with.
    public var lanePrefix: String { base + "lane:" }
    /// LIST of at most one token: who takes it looks at the lanes now.
    public var wake: String { base + "wake" }
    /// What the name of every throttle's state begins with.
    public var ratePrefix: String { base + "rate:" }

    /// LIST of the sends that wait for the turn of `number`: filled on the left, taken from the right.
    public func lane(of number: String) -> String { lanePrefix + number }

    /// STRING with an expiry: a short lock named `name`.
    public func lock(_ name: String) -> String { base + "lock:" + name }
}
