import Synchronization

/// Raised once, by any thread, when nobody wants an operation's result any more.
final class CancellationFlag: Sendable {
    private let raised = Atomic<Bool>(false)

    var isRaised: Bool { raised.load(ordering: .acquiring) }

    func raise() {
        raised.store(true, ordering: .releasing)
    }
}

/// What ends an operation before its time: the caller's deadline, or the caller's task being cancelled.
struct OperationLimits: Sendable {
    static let none = OperationLimits(deadline: nil, cancellation: nil)

    let deadline: ContinuousClock.Instant?
    let cancellation: CancellationFlag?

    /// The reason for which nothing more may be sent, if there is one.
    func violation(at now: ContinuousClock.Instant) -> PostgresError? {
        if let cancellation, cancellation.isRaised { return .cancelled() }
        if let deadline, deadline <= now { return .deadlineExceeded() }
        return nil
    }

    /// The same limits with a deadline no later than `duration` from now.
    func tightened(to duration: Duration?, from now: ContinuousClock.Instant) -> OperationLimits {
        guard let duration else { return self }
        let end = now.advanced(by: duration)
        return OperationLimits(deadline: deadline.map { min($0, end) } ?? end, cancellation: cancellation)
    }
}
