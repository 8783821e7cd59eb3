/// The one change of state that follows an outcome. Each is one atomic step in the store.
public enum JobTransition: Sendable, Equatable {
    /// Remove the job: it is done.
    case complete
    /// Schedule it after this many milliseconds, with one more attempt counted.
    case retry(after: Int64)
    /// Schedule it after this many milliseconds, unchanged.
    case deferral(after: Int64)
    /// Put what takes its place into the lane of this name.
    case move(to: String)
    /// Put it among the dead letters.
    case bury(BurialCause)
    /// Put it back at the head of the line, unchanged.
    case release
}

/// Why a job became a dead letter.
public enum BurialCause: String, Sendable, Equatable {
    /// It can never succeed.
    case rejected
    /// It failed as often as its queue allows.
    case attemptsExhausted = "attempts-exhausted"
    /// It failed and is older than its queue allows.
    case tooOld = "too-old"
    /// Its owners kept dying while they held it.
    case crashLoop = "crash-loop"
}
