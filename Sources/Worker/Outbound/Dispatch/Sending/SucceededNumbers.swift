internal import OutboundLanes
internal import RedisClient
internal import Synchronization

/// Tells Redis of numbers whose sends succeed, once in a while: it makes their next hold begin small again.
final class SucceededNumbers: Sendable {
    private static let pause: Duration = .seconds(1)
    private static let limit = 10_000

    private let told = Mutex<[String: ContinuousClock.Instant]>([:])

    func note(_ number: String, in lanes: OutboundLanes) async {
        let isDue = told.withLock { told in
            let now = ContinuousClock.now
            if let last = told[number], last.duration(to: now) < Self.pause { return false }
            if told.count >= Self.limit { told.removeAll() }
            told[number] = now
            return true
        }
        // A hint: without it a later hold is longer than it need be.
        if isDue { try? await lanes.succeeded(numbers: [number]) }
    }
}
