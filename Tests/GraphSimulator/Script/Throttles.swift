/// The limits that the simulator sets, as Meta does.
public struct Throttles: Sendable, Equatable {
    /// Messages a second from one number; beyond it 130429. Nil: no limit.
    public var numberPerSecond: Int?
    /// Messages to one recipient that may be borrowed from the future; beyond it 131056. Nil: no limit.
    public var pairBurst: Int?
    public var pairIntervalMilliseconds: Int

    public init(numberPerSecond: Int? = nil, pairBurst: Int? = nil, pairIntervalMilliseconds: Int = 6_000) {
        self.numberPerSecond = numberPerSecond
        self.pairBurst = pairBurst
        self.pairIntervalMilliseconds = pairIntervalMilliseconds
    }

    public static let none = Throttles()
    /// 80 a second for each number, and for each recipient one every 6 seconds with bursts of 45.
    public static let meta = Throttles(numberPerSecond: 80, pairBurst: 45)
}

/// What has gone through, by number and pair, so far as it still matters. Time is handed in.
struct ThrottleState: Sendable {
    var limits: Throttles
    /// Limits of single numbers; nil inside: none.
    var numberPerSecond: [String: Int?] = [:]
    /// When the next one would be due, in microseconds, if all were sent evenly.
    private var numberDue: [String: Int64] = [:]
    private var pairDue: [String: Int64] = [:]

    init(limits: Throttles) {
        self.limits = limits
    }

    /// The error for one more message now; nil if it may go, and then it is counted.
    mutating func take(number: String, recipient: String, at milliseconds: Int64) -> GraphError? {
        let now = milliseconds * 1_000
        var due: Int64?
        if let rate = numberPerSecond[number] ?? limits.numberPerSecond, rate > 0 {
            // A second's worth may come at once.
            let interval = Int64(1_000_000 / rate)
            let next = max(numberDue[number] ?? 0, now) + interval
            guard next - now <= 1_000_000 else { return GraphError(code: 130_429) }
            due = next
        }
        if let burst = limits.pairBurst {
            let interval = Int64(limits.pairIntervalMilliseconds) * 1_000
            let pair = number + " " + recipient
            let next = max(pairDue[pair] ?? 0, now) + interval
            guard next - now <= interval * Int64(burst) else { return GraphError(code: 131_056) }
            if pairDue.count >= 100_000 { pairDue = pairDue.filter { $0.value > now } }
            pairDue[pair] = next
        }
        if let due { numberDue[number] = due }
        return nil
    }
}
