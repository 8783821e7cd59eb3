import Dispatch
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import OperationsKit

@Suite(.timeLimit(.minutes(3))) struct OpsServerTests {
    private let registry = PrometheusRegistry()

    @Test func liveAnswersWhileTheLoopTurns() async throws {
        try await withServer { port in
            let reply = try await get("/live", port)
            #expect(reply.status == 200)
            #expect(reply.text == "live\n")
            #expect(reply.header("Content-Type") == "text/plain; charset=utf-8")
            #expect(reply.header("Content-Length") == "5")
            #expect(reply.header("Cache-Control") == "no-store")
        }
    }

    @Test func liveIsRefusedWhileAWatchedLoopDoesNotTurn() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let loops = Array(group.makeIterator())
        let gate = DispatchSemaphore(value: 0)
        var limits = patient
        limits.answer = .milliseconds(100)
        try await withServer(group: group, limits: limits) { port in
            // The server sits on the group's first loop; the second one hangs, as a bug would make it.
            loops[1].execute { gate.wait() }
            let stuck = try await get("/live", port)
            gate.signal()
            #expect(stuck.status == 503)
            #expect(stuck.text == "an event loop does not turn (waited 0.1 s)\n")
            try await waitUntil("/live to be 200 again") { try await get("/live", port).status == 200 }
        }
        try await group.shutdownGracefully()
    }

    @Test func readyTellsTheReasonWhenItIsNot() async throws {
        let readiness = Mutex(Readiness.ready)
        let current: @Sendable () async -> Readiness = { readiness.withLock { $0 } }
        try await withServer(readiness: current) { port in
            let good = try await get("/ready", port)
            #expect(good.status == 200)
            #expect(good.text == "ready\n")
            readiness.withLock { $0 = .notReady("redis: connection refused\nat 127.0.0.1") }
            let bad = try await get("/ready", port)
            #expect(bad.status == 503)
            #expect(bad.header("Content-Type") == "text/plain; charset=utf-8")
            #expect(bad.text == "redis: connection refused\\nat 127.0.0.1\n")
        }
    }

    @Test func aReadinessCheckThatHangsIsNotReady() async throws {
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        var limits = patient
        limits.answer = .milliseconds(100)
        let hanging: @Sendable () async -> Readiness = {
            for await _ in gate { break }
            return .ready
        }
        try await withServer(limits: limits, readiness: hanging) { port in
            let reply = try await get("/ready", port)
            #expect(reply.status == 503)
            #expect(reply.text == "the readiness check hangs (waited 0.1 s)\n")
            try await waitUntil("/live to be 200 all the same") { try await get("/live", port).status == 200 }
            open.finish()
        }
    }

    @Test func metricsAreInThePrometheusTextFormat() async throws {
        registry.counter("a_total", help: "Counted.").increment(by: 7)
        try await withServer { port in
            let reply = try await get("/metrics?x=1", port)
            #expect(reply.status == 200)
            #expect(reply.header("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
            #expect(reply.text.hasPrefix("# HELP a_total Counted.\n# TYPE a_total counter\na_total 7\n"))
        }
    }

    @Test(arguments: ["/live", "/ready", "/metrics", "/nothing"])
    func headIsGetWithoutTheBody(path: String) async throws {
        try await withServer { port in
            let reply = try await get(path, port)
            let head = try await exchange("HEAD \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", port)
            #expect(head.hasPrefix("HTTP/1.1 \(reply.status) \(reply.reason)\r\n"))
            #expect(head.hasSuffix("\r\n\r\n"))
            #expect(head.contains("Content-Length: \(reply.body.count)\r\n"))
            #expect(!reply.body.isEmpty)
        }
    }

    @Test(arguments: ["/", "/livez", "/live/", "/metrics/x", "//live"])
    func otherPathsAreNotFound(path: String) async throws {
        try await withServer { port in
            let reply = try await get(path, port)
            #expect(reply.status == 404)
        }
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    func otherMethodsAreRefused(method: String) async throws {
        try await withServer { port in
            let reply = try await LoopbackHTTP.send(
                method, port: port, "/live", body: Array("hi".utf8), within: .seconds(60))
            #expect(reply.status == 405)
            #expect(reply.header("Allow") == "GET, HEAD")
        }
    }

    @Test func aConnectionServesManyRequestsAlsoWhenTheyComeAtOnce() async throws {
        try await withServer { port in
            let requests = (0..<3).map { _ in "GET /live HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
            let last = "GET /ready HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            let text = try await exchange(requests + last, port)
            #expect(text.split(separator: "HTTP/1.1 200 OK").count == 4)
            #expect(text.hasSuffix("ready\n"))
        }
    }

    @Test func anOldClientGetsItsAnswerAndTheEnd() async throws {
        try await withServer { port in
            let text = try await exchange("GET /live HTTP/1.0\r\n\r\n", port)
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(text.contains("Connection: close\r\n"))
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
            let text = try await exchange(request, port)
            #expect(text.hasPrefix("HTTP/1.1 400 Bad Request\r\n"))
        }
    }

    @Test func aBigBodyIsRefused() async throws {
        try await withServer { port in
            let head = "GET /live HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
            let text = try await exchange(head + String(repeating: "x", count: 20_000), port)
            #expect(text.hasPrefix("HTTP/1.1 413 Payload Too Large\r\n"))
        }
    }

    @Test(arguments: ["", "GET /live HTTP/1.1\r\nHos", "GET /live HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"])
    func aRequestThatDoesNotEndIsCutOff(beginning: String) async throws {
        var limits = patient
        limits.request = .milliseconds(100)
        try await withServer(limits: limits) { port in
            let text = try await exchange(beginning, port)
            #expect(text.isEmpty)
        }
    }

    @Test func anIdleConnectionIsClosedInTheEnd() async throws {
        var limits = patient
        limits.idle = .milliseconds(100)
        try await withServer(limits: limits) { port in
            let text = try await exchange("GET /live HTTP/1.1\r\nHost: a\r\n\r\n", port)
            #expect(text.hasSuffix("live\n"))
        }
    }

    @Test func tooManyConnectionsPushOutTheOnesThatIdle() async throws {
        var limits = patient
        limits.connections = 3
        try await withServer(limits: limits) { port in
            var idlers: [LoopbackConnection] = []
            for _ in 0..<3 { idlers.append(try await LoopbackConnection.connect(port: port)) }
            #expect(try await get("/live", port).status == 200)
            try await waitUntil("an idle connection to be closed") { idlers.contains(where: \.isEnded) }
            for idler in idlers { await idler.close() }
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
        for _ in 0..<200 {
            let waiting = Task { await server.boundPort }
            waiting.cancel()
            #expect(await waiting.value == nil)
        }
    }

    @Test func afterTheStopThePortIsFreeAndConnectionsAreClosed() async throws {
        let server = OpsServer(host: "127.0.0.1", port: 0, registry: registry, readiness: { .ready }, logger: quiet)
        let running = Task { try await server.run() }
        let port = try #require(await server.boundPort)
        let idler = try await LoopbackConnection.connect(port: port)
        #expect(try await get("/live", port).status == 200)
        running.cancel()
        try await running.value
        #expect(try await idler.readToEnd(within: .seconds(60)).isEmpty)
        await #expect(throws: TestSupportError.self) { try await get("/live", port) }
    }

    private var quiet: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    /// Limits that a busy machine does not reach; a test shortens the one that it is about.
    private var patient: OpsLimits {
        var limits = OpsLimits()
        limits.request = .seconds(60)
        limits.answer = .seconds(60)
        limits.idle = .seconds(60)
        return limits
    }

    private func withServer(
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton, limits: OpsLimits? = nil,
        readiness: @escaping @Sendable () async -> Readiness = { .ready },
        _ body: (_ port: Int) async throws -> Void
    ) async throws {
        let server = OpsServer(
            host: "127.0.0.1", port: 0, registry: registry, eventLoopGroup: group, limits: limits ?? patient,
            readiness: readiness, logger: quiet)
        let running = Task { try await server.run() }
        defer { running.cancel() }
        try await body(try #require(await server.boundPort))
        running.cancel()
        try await running.value
    }

    private func get(_ path: String, _ port: Int) async throws -> HTTPReply {
        try await LoopbackHTTP.get(port: port, path, within: .seconds(60))
    }

    /// Sends the text as it is over a connection of its own, and gives all that comes back until the server closes.
    private func exchange(_ request: String, _ port: Int) async throws -> String {
        let connection = try await LoopbackConnection.connect(port: port)
        // The server may close before it has read everything; what it said before that counts.
        try? await connection.send(request)
        let bytes = try await connection.readToEnd(within: .seconds(60))
        await connection.close()
        return String(decoding: bytes, as: UTF8.self)
    }
}
