public import NIOCore
internal import RedisClient

/// What asking for jobs has led to.
public enum JobClaim: Sendable {
    case jobs([ByteBuffer])
    /// Nothing to take now: empty for the whole wait.
    case none
    /// Next is a job that is worked on with nothing beside it, and this worker is busy.
    case suspectNext
    case paused
    /// This worker was declared dead.
    case gone
}

extension JobClaim {
    /// What claim.lua answers.
    init(_ reply: RedisReply) throws(RedisError) {
        var jobs = try reply.bulks()
        guard !jobs.isEmpty else { throw RedisError.unexpectedReply("claim: a state") }
        switch String(buffer: jobs.removeFirst()) {
        case "ok": self = jobs.isEmpty ? .none : .jobs(jobs)
        case "suspect": self = .suspectNext
        case "paused": self = .paused
        case "gone": self = .gone
        case _: throw RedisError.unexpectedReply("claim: a known state")
        }
    }
}
