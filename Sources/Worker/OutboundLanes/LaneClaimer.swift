public import JobEngine
internal import JobQueue
public import NIOCore
public import RedisClient

/// Takes sends from the lanes, in turn, as many as their numbers' buckets allow.
///
/// While nothing may go it blocks on the wake list: who puts something into an empty lane leaves a token there.
public final class LaneClaimer: JobSource {
    /// Milliseconds of sending that a number's bucket saves up, and after which a look finds several sends that are due
    /// rather than one.
    static let credit: Int64 = 50
    private static let shortestWait: Int64 = 30
    /// Redis looks for blocked clients whose time is over as rarely as ten times a second (its setting `hz`). By then a
    /// bucket has long been full, so the last part of a wait for a due time is slept here.
    private static let coarseness: Int64 = 120

    private let context: JobSourceContext
    private let connection: ClaimConnection

    init(_ context: JobSourceContext) {
        self.context = context
        connection = context.connection
    }

    /// What a `JobConsumer` of the outbound queue takes to work on the lanes instead of the waiting list.
    public static let factory: JobSourceFactory = { LaneClaimer($0) }

    public var lastRoundTrip: ContinuousClock.Instant? { connection.lastRoundTrip }

    public func close() { connection.close() }

    public func ownList() async throws(RedisError) -> [ByteBuffer] { try await connection.ownList() }

    public func ownListLength() async throws(RedisError) -> Int { try await connection.ownListLength() }

    /// To the head of its lane: it was admitted before those that wait there.
    public func home(of job: ByteBuffer) -> JobStore.Target {
        guard let element = try? JobElement(job), let turn = Turn(element) else { return .ready }
        return .lane(turn.number, atHead: true)
    }

    public func next(busy: Bool) async throws(RedisError) -> JobClaim {
        let redis = try await connection.open()
        do throws(RedisError) {
            let (claim, wait) = try await claim(busy: busy, on: redis)
            guard case .none = claim, wait > 0 else { return claim }
            if wait <= Self.coarseness {
                // Cut short by a cancellation, which whoever asked notices by itself.
                try? await Task.sleep(for: .milliseconds(wait))
            } else {
                let blocked = wait < longestWait ? max(1, wait - Self.coarseness) : wait
                _ = try await redis.send(
                    RedisCommand("BLPOP", .text(context.keys.wake), .text(Self.seconds(blocked))),
                    timeout: .milliseconds(blocked) + .seconds(3))
                connection.heard()
            }
            return claim
        } catch {
            connection.drop(redis)
            throw error
        }
    }

    /// Milliseconds for which it waits where nothing is due.
    private var longestWait: Int64 {
        let blocking = context.settings.blocking.components
        return blocking.seconds * 1_000 + blocking.attoseconds / 1_000_000_000_000_000
    }

    private func claim(busy: Bool, on redis: RedisConnection) async throws(RedisError) -> (JobClaim, wait: Int64) {
        let (keys, settings) = (context.keys, context.settings)
        let reply = try await redis.run(
            LaneScripts.claim,
            keys: [
                keys.lanes, keys.pausedLanes, keys.rateNumbers, keys.claimed(by: context.worker.id), keys.paused,
                keys.workers, keys.wake, keys.lock("lanes"), keys.lock("suspect"),
            ],
            arguments: [
                .text(context.worker.id), .integer(settings.batch), .integer(settings.batchBytes),
                busy ? "busy" : "alone", .text(keys.lanePrefix), .text(keys.rateOfNumberPrefix),
                .integer(LaneSetting.defaultPerSecond), .integer(Self.credit), .integer(Self.shortestWait),
                .integer(longestWait),
            ], timeout: .seconds(5))
        connection.heard()
        guard let elements = reply.elements, elements.count >= 2, let state = elements[0].text,
            let wait = elements[1].integer
        else { throw RedisError.unexpectedReply("claim: a state and a time") }
        switch state {
        case "ok":
            let jobs = elements.dropFirst(2).compactMap(\.bytes)
            return (jobs.isEmpty ? .none : .jobs(jobs), wait)
        case "suspect": return (.suspectNext, 0)
        case "paused": return (.paused, 0)
        case "gone": return (.gone, 0)
        case _: throw RedisError.unexpectedReply("claim: a known state")
        }
    }

    /// Seconds with three decimals, as blocking commands take them.
    private static func seconds(_ milliseconds: Int64) -> String {
        "\(milliseconds / 1_000).\(String(milliseconds % 1_000 + 1_000).dropFirst())"
    }
}
