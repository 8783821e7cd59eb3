import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing

@testable import OperationsKit

@Suite(.timeLimit(.minutes(1))) struct OpsServerTests {
    private let registry = PrometheusRegistry()

    @Test func liveAnswersWhileTheLoopTurns() async throws {
        try await withServer { port in
            let answer = try await Answer.get("/live", port: port)
            #expect(answer.status == "HTTP/1.1 200 OK")
            #expect(answer.body == "live\n")
            #expect(answer.header("Content-Type") == "text/plain; charset=utf-8")
            #expect(answer.header("Content-Length") == "5")
            #expect(answer.header("Cache-Control") == "no-store")
        }
    }

    @Test func liveIsRefusedWhileAWatchedLoopDoesNotTurn() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let loops = Array(group.makeIterator())
        let gate = BlockingGate()
        var limits = OpsLimits()
        limits.answer = .milliseconds(100)
        try await withServer(group: group, limits: limits) { port in
            // The server itself sits on the group's first loop; the second one hangs.
            loops[1].execute { gate.wait() }
            let stuck = try await Answer.get("/live", port: port)
            gate.open()
            #expect(stuck.status == "HTTP/1.1 503 Service Unavailable")
            #expect(stuck.body == "an event loop does not turn (waited 0.1 s)\n")
            try await loops[1].submit {}.get()
            #expect(try await Answer.get("/live", port: port).status == "HTTP/1.1 200 OK")
        }
        try await group.shutdownGracefully()
    }

    @Test func readyTellsTheReasonWhenItIsNot() async throws {
        let readiness = Mutex(Readiness.ready)
        let current: @Sendable () async -> Readiness = { readiness.withLock { $0 } }
        try await withServer(readiness: current) { port in
            let good = try await Answer.get("/ready", port: port)
            #expect(good.status == "HTTP/1.1 200 OK")
            #expect(good.body == "ready\n")
            readiness.withLock { $0 = .notReady("redis: connection refused\nat 127.0.0.1") }
            let bad = try await Answer.get("/ready", port: port)
            #expect(bad.status == "HTTP/1.1 503 Service Unavailable")
            #expect(bad.body == "redis: connection refused\\nat 127.0.0.1\n")
        }
    }

    @Test func aReadinessCheckThatHangsIsNotReady() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        var limits = OpsLimits()
        limits.answer = .milliseconds(100)
        let hanging: @Sendable () async -> Readiness = {
            for await _ in gate { break }
            return .ready
        }
        try await withServer(limits: limits, readiness: hanging) { port in
            let answer = try await Answer.get("/ready", port: port)
            #expect(answer.status == "HTTP/1.1 503 Service Unavailable")
            #expect(answer.body == "the readiness check hangs (waited 0.1 s)\n")
            #expect(try await Answer.get("/live", port: port).status == "HTTP/1.1 200 OK")
            open.finish()
        }
    }

    @Test func metricsAreInThePrometheusTextFormat() async throws {
        registry.counter("a_total", help: "Counted.").increment(by: 7)
        try await withServer { port in
            let answer = try await Answer.get("/metrics?x=1", port: port)
            #expect(answer.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(answer.body.hasPrefix("# HELP a_total Counted.\n# TYPE a_total counter\na_total 7\n"))
        }
    }

    @Test(arguments: ["/live", "/ready", "/metrics", "/nothing"])
    func headIsGetWithoutTheBody(path: String) async throws {
        try await withServer { port in
            let get = try await Answer.get(path, port: port)
            let head = try await Answer.of("HEAD \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", port: port)
            #expect(head.status == get.status)
            #expect(head.header("Content-Length") == get.header("Content-Length"))
            #expect(head.body.isEmpty)
            #expect(!get.body.isEmpty)
        }
    }

    @Test(arguments: ["/", "/livez", "/live/", "/metrics/x", "//live"])
    func otherPathsAreNotFound(path: String) async throws {
        try await withServer { port in
            let answer = try await Answer.get(path, port: port)
            #expect(answer.status == "HTTP/1.1 404 Not Found")
        }
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    func otherMethodsAreRefused(method: String) async throws {
        try await withServer { port in
            let request = "\(method) /live HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"
            let answer = try await Answer.of(request, port: port)
            #expect(answer.status == "HTTP/1.1 405 Method Not Allowed")
            #expect(answer.header("Allow") == "GET, HEAD")
        }
    }

    @Test func aConnectionServesManyRequestsAlsoWhenTheyComeAtOnce() async throws {
        try await withServer { port in
            let requests = (0..<3).map { _ in "GET /live HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
            let last = "GET /ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let text = try await exchange(requests + last, port: port)
            #expect(text.split(separator: "HTTP/1.1 200 OK").count == 4)
            #expect(text.hasSuffix("ready\n"))
        }
    }

    @Test func anOldClientGetsItsAnswerAndTheEnd() async throws {
        try await withServer { port in
            let answer = try await Answer.of("GET /live HTTP/1.0\r\n\r\n", port: port)
            #expect(answer.status == "HTTP/1.1 200 OK")
            #expect(answer.header("Connection") == "close")
        }
    }

    @Test(arguments: [
        "nonsense\r\n\r\n",
        "GET /live HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "x", count: 9000))\r\n\r\n",
        "GET /live HTTP/1.1\r\nHost: a\r\n\((0..<70).map { "X\($0): y\r\n" }.joined())\r\n",
        "GET /\(String(repeating: "x", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n",
    ])
    func unreadableOrOversizedHeadsAreRefused(request: String) async throws {
        try await withServer { port in
            let text = try await exchange(request, port: port)
            #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        }
    }

    @Test func aBigBodyIsRefused() async throws {
        try await withServer { port in
            let head = "GET /live HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
            let text = try await exchange(head + String(repeating: "x", count: 20_000), port: port)
            #expect(text.hasPrefix("HTTP/1.1 413 Payload Too Large\r\n"))
        }
    }

    @Test(arguments: ["", "GET /live HTTP/1.1\r\nHos", "GET /live HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"])
    func aRequestThatDoesNotEndIsCutOff(beginning: String) async throws {
        var limits = OpsLimits()
        limits.request = .milliseconds(100)
        try await withServer(limits: limits) { port in
            let text = try await exchange(beginning, port: port)
            #expect(text.isEmpty)
        }
    }

    @Test func anIdleConnectionIsClosedInTheEnd() async throws {
        var limits = OpsLimits()
        limits.idle = .milliseconds(100)
        try await withServer(limits: limits) { port in
            let text = try await exchange("GET /live HTTP/1.1\r\nHost: a\r\n\r\n", port: port)
            #expect(text.hasSuffix("live\n"))
        }
    }

    @Test func tooManyConnectionsPushOutTheOnesThatIdle() async throws {
        var limits = OpsLimits()
        limits.connections = 3
        try await withServer(limits: limits) { port in
            let idlers = try await withThrowingTaskGroup(of: (any Channel).self) { group in
                for _ in 0..<3 {
                    group.addTask {
                        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                            .connect(host: "127.0.0.1", port: port).get()
                    }
                }
                return try await group.reduce(into: [any Channel]()) { $0.append($1) }
            }
            #expect(try await Answer.get("/live", port: port).status == "HTTP/1.1 200 OK")
            // One of them had to go; all end with the server at the latest, so only the first end counts here.
            try await withThrowingTaskGroup(of: Void.self) { group in
                for idler in idlers { group.addTask { try await idler.closeFuture.get() } }
                try await group.next()
                for idler in idlers { idler.close(promise: nil) }
            }
        }
    }

    @Test func aTakenPortIsOneClearLine() async throws {
        try await withServer { port in
            let second = OpsServer(
                host: "127.0.0.1", port: port, registry: registry, readiness: { .ready }, logger: quiet)
            await #expect {
                try await second.run()
            } throws: { error in
                "\(error)"
                    == "cannot listen on 127.0.0.1:\(port): "
                    + "another process listens there already; stop it or choose another port"
            }
            #expect(await second.boundPort == nil)
        }
    }

    @Test(arguments: [
        ("203.0.113.7", "cannot listen on 203.0.113.7:0: this machine has no such address"),
        (
            "no such host",
            "cannot listen on no such host:0: the host is unknown; give an address or a name that resolves"
        ),
        ("2001:db8::7", "cannot listen on [2001:db8::7]:0: "),
    ])
    func anImpossibleHostIsOneClearLine(host: String, line: String) async {
        let server = OpsServer(host: host, port: 0, registry: registry, readiness: { .ready }, logger: quiet)
        await #expect {
            try await server.run()
        } throws: { error in
            "\(error)".hasPrefix(line)
        }
    }

    @Test func withoutAPortNobodyListens() async throws {
        let server = OpsServer(host: "127.0.0.1", port: nil, registry: registry, readiness: { .ready }, logger: quiet)
        let running = Task { try await server.run() }
        #expect(await server.boundPort == nil)
        running.cancel()
        try await running.value
    }

    @Test func waitingForThePortCanBeCancelled() async {
        let server = OpsServer(host: "127.0.0.1", port: 0, registry: registry, readiness: { .ready }, logger: quiet)
        let waiting = Task { await server.boundPort }
        waiting.cancel()
        #expect(await waiting.value == nil)
    }

    @Test func afterTheStopThePortIsFreeAndConnectionsAreClosed() async throws {
        let server = OpsServer(host: "127.0.0.1", port: 0, registry: registry, readiness: { .ready }, logger: quiet)
        let running = Task { try await server.run() }
        let port = try #require(await server.boundPort)
        let idler = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: "127.0.0.1", port: port).get()
        #expect(try await Answer.get("/live", port: port).status == "HTTP/1.1 200 OK")
        running.cancel()
        try await running.value
        try await idler.closeFuture.get()
        await #expect(throws: (any Error).self) { try await Answer.get("/live", port: port) }
    }

    private var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    private func withServer(
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, limits: OpsLimits = OpsLimits(),
        readiness: @escaping @Sendable () async -> Readiness = { .ready },
        _ body: (_ port: Int) async throws -> Void
    ) async throws {
        let server = OpsServer(
            host: "127.0.0.1", port: 0, registry: registry, eventLoopGroup: group, limits: limits,
            readiness: readiness, logger: quiet)
        let running = Task { try await server.run() }
        defer { running.cancel() }
        try await body(try #require(await server.boundPort))
        running.cancel()
        try await running.value
    }
}
