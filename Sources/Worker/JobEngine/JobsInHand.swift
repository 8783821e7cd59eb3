internal import Synchronization

/// The jobs that this worker holds, by id: from the claim until the settlement was answered.
///
/// A job whose settlement is unanswered stays in hand, so that a new claim of the same job waits for it, and the audit of
/// the claimed list can tell a forgotten job from one that is being worked on.
final class JobsInHand: Sendable {
    private let ids = Mutex<[String: Int]>([:])

    /// Takes all of `batch` in hand, or none of it if one is in hand already.
    func take(_ batch: [String]) -> Bool {
        ids.withLock { ids in
            if batch.contains(where: { ids[$0] != nil }) { return false }
            for id in batch { ids[id, default: 0] += 1 }
            return true
        }
    }

    func drop(_ batch: [String]) {
        ids.withLock { ids in
            for id in batch {
                guard let held = ids[id] else { continue }
                ids[id] = held > 1 ? held - 1 : nil
            }
        }
    }

    func snapshot() -> Set<String> {
        ids.withLock { Set($0.keys) }
    }

    var count: Int { ids.withLock { $0.values.reduce(0, +) } }
}
