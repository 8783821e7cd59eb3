internal import SendPolicy
internal import Synchronization

/// Lets sends of each number go, so many at once as its rate needs, and none any more once the number was refused for a
/// reason that concerns all of them. In this process only: what all workers must know is in Redis and Postgres.
final class NumberGates: Sendable {
    private struct Gate {
        var concurrency = SendConcurrency()
        var underWay = 0
        var waiting: [CheckedContinuation<Bool, Never>] = []
        /// Attempts that began before it are not made.
        var closedBefore: ContinuousClock.Instant?
        /// A pause is being written down.
        var isClosing = false
        var perSecond = 80
    }

    private let gates = Mutex<[String: Gate]>([:])

    /// Waits for its turn among the number's sends.
    /// - Parameter began: when the attempt was written down: one that began after a pause has seen it or its end.
    /// - Returns: whether it may go; if so, ``leave(_:)`` is to be called.
    func enter(_ number: String, perSecond: Int, began: ContinuousClock.Instant) async -> Bool {
        await withCheckedContinuation { continuation in
            let now: Bool? = gates.withLock { gates in
                var gate = gates[number] ?? Gate()
                defer { gates[number] = gate }
                gate.perSecond = perSecond
                if gate.isClosing { return false }
                if let closed = gate.closedBefore, began <= closed { return false }
                guard gate.underWay < gate.concurrency.limit(perSecond: perSecond) else {
                    gate.waiting.append(continuation)
                    return nil
                }
                gate.underWay += 1
                return true
            }
            if let now { continuation.resume(returning: now) }
        }
    }

    /// A send has its answer, or has waited for it so long that it holds up nobody any more.
    func leave(_ number: String) {
        let next: CheckedContinuation<Bool, Never>? = gates.withLock { gates in
            guard var gate = gates[number] else { return nil }
            defer { gates[number] = gate }
            gate.underWay -= 1
            guard !gate.waiting.isEmpty, gate.underWay < gate.concurrency.limit(perSecond: gate.perSecond) else {
                return nil
            }
            gate.underWay += 1
            return gate.waiting.removeFirst()
        }
        next?.resume(returning: true)
    }

    func observe(_ number: String, seconds: Double) {
        gates.withLock { $0[number]?.concurrency.observe(seconds: seconds) }
    }

    /// Turns away all that wait, and all that come, until ``closed(_:)``.
    func close(_ number: String) {
        let waiting = gates.withLock { gates in
            var gate = gates[number] ?? Gate()
            gate.isClosing = true
            defer {
                gate.waiting = []
                gates[number] = gate
            }
            return gate.waiting
        }
        for continuation in waiting { continuation.resume(returning: false) }
    }

    /// The pause is written down: what begins from now on has seen it, or that it is over.
    func closed(_ number: String) {
        gates.withLock { gates in
            gates[number]?.isClosing = false
            gates[number]?.closedBefore = .now
        }
    }
}
