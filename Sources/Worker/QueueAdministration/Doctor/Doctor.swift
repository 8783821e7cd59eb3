internal import Identifiers
internal import JobEngine
internal import JobQueue
internal import OutboundLanes
public import Postgres
public import RedisClient

/// Looks at everything that the system stands on and says, for each thing, whether it is well and what to do if not.
/// Changes nothing.
public struct Doctor: Sendable {
    private let prefix: String

    public init(prefix: String) {
        self.prefix = prefix
    }

    public func examine(redis: any RedisCommandSender) async -> [Finding] {
        var findings = await guarded("redis") {
            let facts = try await RedisFacts.read(redis)
            let start = UnixClock.milliseconds()
            let theirs = try await DeadLetterWalk.now(redis)
            let end = UnixClock.milliseconds()
            return RedisChecks.all(
                facts, clockOffset: (start + end) / 2 - theirs, roundTrip: max(1, end - start))
        }
        for queue in QueueName.allCases {
            findings += await guarded(queue.rawValue) { QueueChecks.all(try await state(of: queue, redis: redis)) }
        }
        findings += await guarded("outbound-lanes") {
            let keys = QueueKeys(prefix: prefix, queue: .outbound)
            return LaneChecks.all(try await OutboundLanes(keys: keys, client: redis).list())
        }
        findings += await guarded("keys") { try await KeyCheck(prefix: prefix, redis: redis).findings() }
        return findings
    }

    public static func examine(database configuration: PostgresConfiguration, runner: MigrationRunner) async
        -> [Finding]
    {
        await PostgresChecks(configuration: configuration, runner: runner).findings()
    }

    /// Redis cannot be reached: everything else about it stays unknown.
    public static func unreachable(_ error: RedisError) -> Finding {
        .fail(
            "redis", "the Redis of REDIS_URL cannot be reached: \(error)",
            "start Redis, or mend REDIS_URL; Ingress answers 503 meanwhile and Meta tries again for days")
    }

    private func state(of queue: QueueName, redis: any RedisCommandSender) async throws -> QueueChecks.State {
        let keys = QueueKeys(prefix: prefix, queue: queue)
        let inspector = QueueInspector(keys: keys, redis: redis)
        let first = try await redis.send(RedisCommand("ZRANGE", .text(keys.scheduled), "0", "0", "WITHSCORES"))
            .array(of: "ZRANGE")
        let now = try await DeadLetterWalk.now(redis)
        return QueueChecks.State(
            stats: try await inspector.stats(), workers: try await inspector.workers(),
            pause: try await QueuePause(keys: keys, redis: redis).note(),
            oldestOverdue: first.last?.score.map { now - Int64($0) }.flatMap { $0 > 0 ? $0 : nil })
    }

    /// A check that cannot be made is a finding too.
    private func guarded(_ check: String, _ body: () async throws -> [Finding]) async -> [Finding] {
        do {
            return try await body()
        } catch {
            return [
                .fail(
                    check, "cannot be examined: \(error)",
                    "see that the user of REDIS_URL may run INFO, TIME, TYPE, SCAN and EVAL; and see key-types"
                )
            ]
        }
    }
}
