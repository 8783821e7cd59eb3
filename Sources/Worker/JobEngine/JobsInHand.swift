internal import Synchronization

/// The jobs that this worker holds: from the claim until the settlement was answered.
///
/// A job whose settlement is unanswered stays in hand, so that a new claim of the same job is not worked on beside it, and
/// the audit of the claimed list can tell a forgotten job from one that is being worked on.
final class JobsInHand: Sendable {
    private let keys = Mutex<Set<ClaimedJob.Key>>([])

    /// Takes in hand whatever is not yet, and answers which that was. The rest stays in the claimed list, where the audit
    /// finds it once its namesake is settled.
    func take(_ jobs: [ClaimedJob]) -> [ClaimedJob] {
        keys.withLock { keys in jobs.filter { keys.insert($0.key).inserted } }
    }

    func drop(_ dropped: some Sequence<ClaimedJob.Key>) {
        keys.withLock { $0.subtract(dropped) }
    }

    func snapshot() -> Set<ClaimedJob.Key> { keys.withLock { $0 } }

    var count: Int { keys.withLock { $0.count } }
}
