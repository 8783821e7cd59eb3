import IngressApp
import JobQueue
import Logging
import NIOCore
import NIOPosix
import OperationsKit
import RedisClient
import ServiceLifecycle
import TestSupport

/// Ingress as it runs, with real sockets and a real Redis, inside the test process.
final class RunningIngress: Sendable {
    static let secret = "app-secret"

    let port: Int
    let opsPort: Int
    let prefix: String
    private let group: ServiceGroup
    private let running: Task<Void, any Error>
    private let application: IngressApplication

    /// Starts Ingress with a key prefix of its own, runs the body, and stops it whatever happens.
    static func with(
        redis url: String, environment: [String: String] = [:], limits change: (inout IngressLimits) -> Void = { _ in },
        _ body: (RunningIngress) async throws -> Void
    ) async throws {
        let ingress = try await RunningIngress(redis: url, environment: environment, limits: change)
        do {
            try await body(ingress)
        } catch {
            try? await ingress.stop()
            throw error
        }
        try await ingress.stop()
    }

    /// Starts Ingress; the caller stops it.
    static func started(
        redis url: String, limits change: (inout IngressLimits) -> Void = { _ in }
    ) async throws -> RunningIngress {
        try await RunningIngress(redis: url, environment: [:], limits: change)
    }

    private init(
        redis url: String, environment: [String: String], limits change: (inout IngressLimits) -> Void
    ) async throws {
        prefix = "test-\(UInt64.random(in: 0...UInt64.max))"
        var settings = [
            "REDIS_URL": url, "QUEUE_PREFIX": prefix, "WHATSAPP_APP_SECRET": Self.secret,
            "WHATSAPP_VERIFY_TOKEN": "verify me", "INGRESS_HOST": "127.0.0.1", "INGRESS_PORT": "0",
            "INGRESS_OPS_PORT": "0", "INGRESS_THREADS": "2",
        ]
        settings.merge(environment) { _, new in new }
        var configuration = try IngressConfiguration(Settings(environment: settings))
        // Longer than as shipped, so that a machine that stands still for a moment causes no 503.
        configuration.limits.pushTime = .seconds(10)
        change(&configuration.limits)
        let logger = Logger(label: "test") { _ in SilentLog() }
        let application = IngressApplication(
            configuration: configuration, registry: PrometheusRegistry(), logger: logger)
        self.application = application
        let group = ServiceGroup(services: application.services, logger: logger)
        self.group = group
        running = Task { try await group.run() }
        port = try await waitFor("Ingress to listen") { application.server.boundPort }
        opsPort = try await waitFor("the ops server to listen") { await application.opsServer.boundPort }
    }

    /// Stops as SIGTERM does and waits for the end.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
        await application.shutDownEventLoops()
    }

    func beginStopping() async { await group.triggerGracefulShutdown() }

    func connect() async throws -> LoopbackConnection { try await LoopbackConnection.connect(port: port) }

    /// Posts one signed webhook on a connection of its own.
    func post(_ body: [UInt8], within limit: Duration = .seconds(10)) async throws -> HTTPReply {
        try await LoopbackHTTP.send(
            "POST", port: port, "/api/whatsapp/webhook",
            headers: [("X-Hub-Signature-256", signature(of: body))], body: body,
            within: limit)
    }

    func metric(_ line: String) async throws -> Int? {
        let text = try await LoopbackHTTP.get(port: opsPort, "/metrics").text
        let prefix = line + " "
        return text.split(separator: "\n").first { $0.hasPrefix(prefix) }.flatMap { Int($0.dropFirst(prefix.count)) }
    }

    func waitUntilReady() async throws {
        try await waitUntil("Ingress to be ready") {
            try await LoopbackHTTP.get(port: opsPort, "/ready").status == 200
        }
    }

    /// The payloads waiting in the queue, oldest first.
    func queued(_ url: String) async throws -> [[UInt8]] {
        let connection = try await RedisConnection.connect(
            try RedisConfiguration(url: url), on: MultiThreadedEventLoopGroup.singleton.any(),
            logger: Logger(label: "test") { _ in SilentLog() })
        let key = QueueKeys(prefix: prefix, queue: .inbound).ready
        let reply = try await connection.send(RedisCommand("LRANGE", .text(key), 0, -1))
        await connection.close()
        return try (reply.elements ?? []).reversed().map { element in
            Array(try JobElement(element.bytes ?? ByteBuffer()).payload.readableBytesView)
        }
    }
}
