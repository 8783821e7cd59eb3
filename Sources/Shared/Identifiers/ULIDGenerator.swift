/// Makes ULIDs that rise strictly, also within one millisecond and when the clock steps back.
///
/// The random part is drawn once for each millisecond and counted up within it, as the ULID specification's monotonic
/// mode says; two generators never share a random part, so identifiers stay unique across threads and processes.
/// Not thread-safe by design: each event loop or task owns one.
public struct ULIDGenerator<Random: RandomNumberGenerator> {
    private var random: Random
    private var last = ULID(high: 0, low: 0)

    public init(random: Random) {
        self.random = random
    }

    /// - Parameter milliseconds: Unix milliseconds now; the caller reads the clock.
    public mutating func next(milliseconds: UInt64) -> ULID {
        if milliseconds > last.milliseconds {
            // The top bit of the random part starts at zero, which leaves 2^79 steps before it could overflow.
            let bits = random.next()
            last = ULID(high: (milliseconds << 16) | (bits & 0x7FFF), low: random.next())
        } else {
            let (low, overflow) = last.low.addingReportingOverflow(1)
            last = ULID(high: last.high &+ (overflow ? 1 : 0), low: low)
        }
        return last
    }
}

extension ULIDGenerator where Random == SystemRandomNumberGenerator {
    public init() {
        self.init(random: SystemRandomNumberGenerator())
    }
}
