internal import Logging
internal import RedisClient

/// Moves due jobs from the schedule to the waiting list, a hundred at a time. Every live worker runs one; where more is due
/// than one step moves, one of them goes on alone, so that Redis never has a herd of steps to do before it answers others.
struct DueJobPromoter: Sendable {
    /// Jobs moved in one step, so that a million jobs due in one second never keep Redis from answering others.
    private static let step = 100
    /// The longest wait between looks, which bounds how late a job can be.
    private static let patience: Duration = .milliseconds(500)

    let worker: WorkerIdentity
    let store: JobStore
    let logger: Logger

    func run(until ending: StopSignal) async {
        var pause = Self.patience
        while await ending.sleep(pause * Double.random(in: 0.8...1.2)) {
            do throws(RedisError) {
                let (_, next) = try await store.promote(limit: Self.step, asking: worker)
                if next == 0 {
                    // More is due. A short breath between the steps leaves room for other commands.
                    pause = .milliseconds(2)
                } else {
                    pause = min(Self.patience, .milliseconds(max(5, next ?? Int64.max / 2)))
                }
            } catch {
                pause = Self.patience
                logger.debug("promoting due jobs failed", metadata: ["error": "\(error)"])
            }
        }
    }
}
