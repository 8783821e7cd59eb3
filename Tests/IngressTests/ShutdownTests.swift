import IngressApp
import NIOCore
import TestSupport
import Testing

@Suite("Shutdown", .serialized)
struct ShutdownTests {
    @Test("A request that is being received is answered, idle connections end, new ones are refused")
    func inFlight() async throws {
        let redis = try await RedisServer.start()
        let ingress = try await RunningIngress.started(redis: redis.url)
        try await ingress.waitUntilReady()
        let idle = try await ingress.connect()
        #expect(try await idle.request("GET", "/").status == 404)
        let busy = try await ingress.connect()
        let bytes = webhook("0123456789")
        try await busy.send(Array(bytes.dropLast(1)))
        try await waitUntil("the bytes to arrive") {
            try await ingress.metric("quoteline_ingress_inflight_bytes") == 9
        }
        await ingress.beginStopping()
        #expect(try await idle.readToEnd().isEmpty)
        await #expect(throws: (any Error).self) { try await ingress.connect() }
        try await busy.send(Array(bytes.suffix(1)))
        let reply = try await busy.readReply()
        #expect(reply.status == 200)
        #expect(reply.header("Connection") == "close")
        await busy.close()
        try await ingress.stop()
        #expect(try await ingress.queued(redis.url) == [Array("0123456789".utf8)])
    }

    @Test("A request that never ends does not keep the process: it is cut when the time for draining is over")
    func bounded() async throws {
        let redis = try await RedisServer.start()
        let ingress = try await RunningIngress.started(redis: redis.url) { $0.drainTime = .milliseconds(300) }
        let busy = try await ingress.connect()
        try await busy.send(Array(webhook("0123456789").dropLast(1)))
        try await waitUntil("the bytes to arrive") {
            try await ingress.metric("quoteline_ingress_inflight_bytes") == 9
        }
        let start = ContinuousClock.now
        try await ingress.stop()
        // As shipped it may take ten.
        #expect(ContinuousClock.now - start < .seconds(9))
        _ = try await busy.readToEnd()
    }
}
