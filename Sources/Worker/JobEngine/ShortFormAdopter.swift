internal import Identifiers
internal import JobQueue
internal import Logging
internal import NIOCore
internal import RedisClient

/// Gives claimed short forms their full form, in the worker's list too, before they are worked on: from then on each has
/// an id, and a place for its attempts and its error.
struct ShortFormAdopter: Sendable {
    let store: JobStore
    let worker: WorkerIdentity
    let logger: Logger

    /// - Returns: the jobs, in their order. What is no short form stays as it is; what could not be replaced is left out:
    ///   the audit of the worker's list finds it.
    func adopt(_ jobs: [ByteBuffer]) async throws(RedisError) -> [ClaimedJob] {
        var claimed: [ClaimedJob] = []
        claimed.reserveCapacity(jobs.count)
        var replaced: [(position: Int, full: JobElement)] = []
        var generator = ULIDGenerator()
        let now = UnixClock.milliseconds()
        for bytes in jobs {
            let job = ClaimedJob(bytes)
            claimed.append(job)
            guard case .unreadable(let error) = job.content else { continue }
            // What begins like ours is ours, and damaged; anything else is what somebody pushed.
            guard !Self.isOurs(bytes) else { continue }
            do throws(JobElementError) {
                let full = try ShortForm.element(
                    bytes, now: now, freshID: generator.next(milliseconds: UInt64(max(0, now))).description)
                replaced.append((claimed.count - 1, full))
            } catch let reason {
                logger.debug("no short form", metadata: ["error": "\(reason)", "header": "\(error)"])
                claimed[claimed.count - 1] = ClaimedJob(unreadable: bytes, reason)
            }
        }
        guard !replaced.isEmpty else { return claimed }
        let missing = Set(
            try await store.adopt(replaced.map { (claimed[$0.position].bytes, $0.full.bytes) }, worker: worker))
        var lost: Set<Int> = []
        for (index, one) in replaced.enumerated() {
            if missing.contains(index) {
                lost.insert(one.position)
            } else {
                claimed[one.position] = ClaimedJob(one.full.bytes)
            }
        }
        return lost.isEmpty ? claimed : claimed.enumerated().filter { !lost.contains($0.offset) }.map(\.element)
    }

    private static func isOurs(_ bytes: ByteBuffer) -> Bool {
        bytes.readableBytesView.starts(with: #"{"v":"#.utf8)
    }
}
