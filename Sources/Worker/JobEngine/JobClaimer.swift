internal import JobQueue
internal import NIOCore
internal import RedisClient

/// Takes jobs from a queue's waiting list.
final class JobClaimer: JobSource {
    /// Whether the worker has other jobs in work, or has just taken one for the same batch; see claim.lua.
    private enum Mode: String {
        case alone, busy, more
    }

    private let keys: QueueKeys
    private let worker: WorkerIdentity
    private let settings: ConsumerConfiguration
    private let connection: ClaimConnection

    init(_ context: JobSourceContext) {
        keys = context.keys
        worker = context.worker
        settings = context.settings
        connection = context.connection
    }

    var lastRoundTrip: ContinuousClock.Instant? { connection.lastRoundTrip }

    var takesFromReady: Bool { true }

    func close() { connection.close() }

    func ownList() async throws(RedisError) -> [ByteBuffer] { try await connection.ownList() }

    func ownListLength() async throws(RedisError) -> Int { try await connection.ownListLength() }

    func next(busy: Bool) async throws(RedisError) -> JobClaim {
        let redis = try await connection.open()
        do throws(RedisError) {
            let first = try await claim(busy ? .busy : .alone, after: 0, on: redis)
            if case .none = first {} else { return first }
            let reply = try await redis.send(
                RedisCommand(
                    "BLMOVE", .text(keys.ready), .text(keys.claimed(by: worker.id)), "RIGHT", "LEFT",
                    .text(settings.blocking.secondsText)),
                timeout: settings.blocking.timeAmount + .seconds(3))
            connection.heard()
            guard case .bulk(let job) = reply else { return .none }
            // A job that comes back from a dead owner is worked on alone.
            if let element = try? JobElement(job), element.header.crashes > 0 { return .jobs([job]) }
            guard settings.batch > 1,
                case .jobs(let others) = try await claim(.more, after: job.readableBytes, on: redis)
            else { return .jobs([job]) }
            return .jobs([job] + others)
        } catch {
            connection.drop(redis)
            throw error
        }
    }

    private func claim(_ mode: Mode, after bytes: Int, on redis: RedisConnection) async throws(RedisError) -> JobClaim {
        let reply = try await redis.run(
            JobScripts.claim, keys: [keys.ready, keys.claimed(by: worker.id), keys.paused, keys.workers],
            arguments: [
                .text(worker.id), .integer(Int64(mode == .more ? settings.batch - 1 : settings.batch)),
                .integer(Int64(max(0, settings.batchBytes - bytes))), .text(mode.rawValue),
            ], timeout: .seconds(5))
        connection.heard()
        return try JobClaim(reply)
    }
}
