/// How the processing of a job ended.
public enum JobOutcome: Sendable, Equatable {
    /// Its effect is committed.
    case completed
    /// The job itself failed and may succeed later; this costs an attempt. `retryAfter` is what the other side asked for,
    /// in milliseconds.
    case failed(retryAfter: Int64?)
    /// It can never succeed: unreadable, or refused for good.
    case rejected
    /// Not its turn yet: due again at this Unix millisecond, no attempt spent.
    case deferred(until: Int64)
    /// Its turn is another place's matter: it goes to the lane of this name, as what the processor gave in its place. No
    /// attempt spent.
    case moved(to: String)
    /// Handed back untouched because the worker stops: no attempt spent.
    case released
}
