import Logging
import NIOCore

/// Lets one warning of each kind through every ten seconds, with the number of those held back: a flood of bad requests
/// must not become a flood of log lines.
struct WarningLimiter {
    private struct State {
        var nextAllowed: NIODeadline
        var suppressed = 0
    }

    private static let interval = TimeAmount.seconds(10)
    private var states: [RequestResult: State] = [:]

    /// Returns how many warnings of this kind were held back since the last one, or nil if this one is held back, too.
    mutating func admit(_ kind: RequestResult, now: NIODeadline) -> Int? {
        guard var state = states[kind], now < state.nextAllowed else {
            let suppressed = states[kind]?.suppressed ?? 0
            states[kind] = State(nextAllowed: now + Self.interval)
            return suppressed
        }
        state.suppressed += 1
        states[kind] = state
        return nil
    }
}
