import JobQueue
import Logging
import NIOPosix
import OperationsKit
import QueueAdministration
import RedisClient

/// Redis as a command needs it: one connection for one piece of work.
struct CommandRedis {
    let configuration: RedisConfiguration
    /// `QUEUE_PREFIX`.
    let prefix: String

    init(_ settings: Settings) throws {
        configuration = try WorkerConfiguration.redis(settings)
        prefix = try settings.queuePrefix()
    }

    func keys(_ queue: QueueName) -> QueueKeys { QueueKeys(prefix: prefix, queue: queue) }

    func connected<Value>(_ body: (RedisConnection) async throws -> Value) async throws -> Value {
        // Nothing that a command does on its one connection needs more words than its own error.
        let logger = Logger(label: "worker.redis") { _ in SwiftLogNoOpLogHandler() }
        let connection = try await RedisConnection.connect(
            configuration, on: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }

    /// Finds a job by its id in either queue.
    /// - Throws: `AdministrationError` if it is in none.
    func find(_ id: String, _ connection: RedisConnection) async throws -> QueuedJob {
        for queue in QueueName.allCases {
            if let job = try await QueueInspector(keys: keys(queue), redis: connection).find(id, unowned: true) {
                return job
            }
        }
        throw AdministrationError(
            "no queue holds a job with the id \(id): it is done, was archived, or never came (table archived_jobs, logs)"
        )
    }
}
