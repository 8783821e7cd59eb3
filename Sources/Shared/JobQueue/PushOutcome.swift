public import RedisClient

/// What became of a job that was handed to a `JobProducer`.
public enum PushOutcome: Sendable {
    /// Redis acknowledged it.
    case stored
    /// Redis did not acknowledge it. It may be there all the same (a reply can be lost), so the job must be repeatable.
    case failed(RedisError)
    /// Redis answered something that `LPUSH` never answers.
    case unexpectedReply
}

/// Who waits for pushed jobs. Called on the producer's event loop, once for each job.
public protocol PushObserver: AnyObject {
    /// - Parameter ticket: What the observer gave along with the job.
    func pushFinished(ticket: Int, outcome: PushOutcome)
}
