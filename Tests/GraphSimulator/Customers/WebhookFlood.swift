import Synchronization
import TestSupport

/// Posts many webhooks at once and, as Meta does, posts again what was not answered with 200.
public struct WebhookFlood: Sendable {
    /// What it took until every body was answered with 200.
    public struct Outcome: Sendable, Equatable {
        /// Answers other than 200, by status.
        public var refusals: [Int: Int] = [:]
        /// Connections refused or cut, and answers that did not come.
        public var failures = 0
    }

    private let player: CustomerPlayer
    private let ports: [Int]
    private let connections: Int
    private let pause: Duration

    /// - Parameters:
    ///   - ports: The Ingress; each connection keeps to one, and moves to the next one after a failure.
    ///   - pause: How long a connection waits before it posts a refused body again.
    public init(player: CustomerPlayer, ports: [Int], connections: Int = 16, pause: Duration = .milliseconds(50)) {
        self.player = player
        self.ports = ports
        self.connections = connections
        self.pause = pause
    }

    /// Posts every body until each was answered with 200 once.
    /// - Throws: `TestSupportError` when that takes longer than `limit`.
    @discardableResult
    public func post(_ bodies: [[UInt8]], within limit: Duration = .seconds(120)) async throws -> Outcome {
        let next = SharedIndex(end: bodies.count)
        let deadline = ContinuousClock.now + limit
        return try await withThrowingTaskGroup(of: Outcome.self) { group in
            for number in 0..<connections {
                group.addTask { try await run(bodies, next: next, first: number, deadline: deadline) }
            }
            return try await group.reduce(into: Outcome()) { sum, part in
                sum.refusals.merge(part.refusals, uniquingKeysWith: +)
                sum.failures += part.failures
            }
        }
    }

    private func run(
        _ bodies: [[UInt8]], next: SharedIndex, first: Int, deadline: ContinuousClock.Instant
    ) async throws -> Outcome {
        var outcome = Outcome()
        var connection: LoopbackConnection?
        var port = first
        while let index = next.take() {
            while true {
                guard ContinuousClock.now < deadline else {
                    throw TestSupportError("not every webhook was accepted in time; so far here: \(outcome)")
                }
                do {
                    let open: LoopbackConnection
                    if let connection {
                        open = connection
                    } else {
                        open = try await LoopbackConnection.connect(port: ports[port % ports.count])
                        connection = open
                    }
                    let reply = try await player.post(bodies[index], on: open)
                    if reply.header("connection")?.lowercased() == "close" { connection = nil }
                    if reply.status == 200 { break }
                    outcome.refusals[reply.status, default: 0] += 1
                } catch is TestSupportError {
                    outcome.failures += 1
                    connection = nil
                    port += 1
                }
                try await Task.sleep(for: pause)
            }
        }
        await connection?.close()
        return outcome
    }

    /// Hands out each index once.
    private final class SharedIndex: Sendable {
        private let next = Atomic(0)
        private let end: Int

        init(end: Int) { self.end = end }

        func take() -> Int? {
            let index = next.add(1, ordering: .relaxed).oldValue
            return index < end ? index : nil
        }
    }
}
