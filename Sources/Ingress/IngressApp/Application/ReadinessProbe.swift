import JobQueue
import NIOCore
import OperationsKit
import RedisClient

/// Finds out whether webhooks can be accepted right now, by a real write over each event loop's own connection.
///
/// An answer holds for a second and callers at the same time share one probe, so that asking often is no load on Redis.
actor ReadinessProbe {
    private static let validity = TimeAmount.seconds(1)
    private static let timeout = TimeAmount.milliseconds(600)

    private let clients: [RedisClient]
    private let command: RedisCommand
    private var last: (readiness: Readiness, at: NIODeadline)?
    private var running: Task<Readiness, Never>?

    init(clients: [RedisClient], keys: QueueKeys) {
        self.clients = clients
        command = RedisCommand("SET", .text(keys.probe), "1", "EX", 60)
    }

    func readiness() async -> Readiness {
        if let last, NIODeadline.now() < last.at + Self.validity { return last.readiness }
        if let running { return await running.value }
        // Unstructured, because it belongs to all callers that wait for it: the first one's cancellation must not end it.
        let task = Task { await probe() }
        running = task
        let readiness = await task.value
        last = (readiness, .now())
        running = nil
        return readiness
    }

    private func probe() async -> Readiness {
        for client in clients {
            do throws(RedisError) {
                let reply = try await client.send(command, timeout: Self.timeout)
                guard reply == .simple("OK") else { return .notReady("Redis answered SET with something else than OK") }
            } catch {
                return .notReady(error.description)
            }
        }
        return .ready
    }
}
