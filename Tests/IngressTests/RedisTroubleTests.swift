import IngressApp
import NIOCore
import TestSupport
import Testing

@Suite("Trouble at Redis", .serialized)
struct RedisTroubleTests {
    private static let body = Array("{}".utf8)

    private static func asShipped(_ limits: inout IngressLimits) { limits.pushTime = IngressLimits().pushTime }

    /// Posts, and expects 503 with `Retry-After` in time: 600 ms, and what a busy machine adds.
    private func expectRefusal(_ ingress: RunningIngress, _ what: Comment) async throws {
        let start = ContinuousClock.now
        let reply = try await ingress.post(Self.body)
        #expect(reply.status == 503, what)
        #expect(reply.header("Retry-After") != nil, what)
        #expect(ContinuousClock.now - start < .seconds(4), what)
    }

    @Test("Killed and started again: 503, then 200 by itself")
    func killed() async throws {
        let redis = try await RedisServer.start()
        try await RunningIngress.with(redis: redis.url, limits: Self.asShipped) { ingress in
            try await ingress.waitUntilReady()
            #expect(try await ingress.post(Self.body).status == 200)
            try await redis.kill()
            try await expectRefusal(ingress, "killed")
            let ready = try await waitFor("/ready to notice") {
                let reply = try await LoopbackHTTP.get(port: ingress.opsPort, "/ready")
                return reply.status == 503 ? reply : nil
            }
            #expect(ready.text.contains("Redis"))
            #expect(try await LoopbackHTTP.get(port: ingress.opsPort, "/live").status == 200)
            try await redis.restart()
            try await ingress.waitUntilReady()
            #expect(try await ingress.post(Self.body).status == 200)
        }
    }

    @Test("Standing still: 503 in time, and 200 when it goes on")
    func suspended() async throws {
        let redis = try await RedisServer.start()
        try await RunningIngress.with(redis: redis.url, limits: Self.asShipped) { ingress in
            try await ingress.waitUntilReady()
            try redis.suspend()
            try await expectRefusal(ingress, "suspended")
            try await expectRefusal(ingress, "still suspended")
            try redis.resume()
            try await ingress.waitUntilReady()
            try await waitUntil("200 again") { try await ingress.post(Self.body).status == 200 }
        }
    }

    @Test("Out of memory and read-only: 503 while it lasts, and /ready says why")
    func refused() async throws {
        let redis = try await RedisServer.start()
        try await RunningIngress.with(redis: redis.url, limits: Self.asShipped) { ingress in
            try await ingress.waitUntilReady()
            try await redis.cli("config", "set", "maxmemory", "1")
            try await expectRefusal(ingress, "out of memory")
            let reason = try await waitFor("/ready to notice") {
                let reply = try await LoopbackHTTP.get(port: ingress.opsPort, "/ready")
                return reply.status == 503 ? reply.text : nil
            }
            #expect(reason.lowercased().contains("memory"))
            try await redis.cli("config", "set", "maxmemory", "0")
            #expect(try await ingress.post(Self.body).status == 200)

            try await redis.cli("replicaof", "127.0.0.1", "1")
            try await expectRefusal(ingress, "read-only")
            try await redis.cli("replicaof", "no", "one")
            #expect(try await ingress.post(Self.body).status == 200)
            #expect(try await ingress.queued(redis.url).count == 2)
        }
    }

    @Test("Not there at the start: it listens, is alive but not ready, and heals by itself")
    func absentAtStart() async throws {
        let redis = try await RedisServer.start()
        try await redis.stop()
        try await RunningIngress.with(redis: redis.url, limits: Self.asShipped) { ingress in
            #expect(try await LoopbackHTTP.get(port: ingress.opsPort, "/live").status == 200)
            #expect(try await LoopbackHTTP.get(port: ingress.opsPort, "/ready").status == 503)
            try await expectRefusal(ingress, "not started")
            try await redis.restart()
            try await ingress.waitUntilReady()
            #expect(try await ingress.post(Self.body).status == 200)
        }
    }

    @Test("Asking /ready again and again, many at once, writes to Redis about once")
    func probeIsNoLoad() async throws {
        let redis = try await RedisServer.start()
        try await RunningIngress.with(redis: redis.url, environment: ["INGRESS_THREADS": "1"], limits: Self.asShipped) {
            ingress in
            try await ingress.waitUntilReady()
            try await redis.cli("config", "resetstat")
            let start = ContinuousClock.now
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        for _ in 0..<10 { _ = try await LoopbackHTTP.get(port: ingress.opsPort, "/ready") }
                    }
                }
                try await group.waitForAll()
            }
            let seconds = Int((ContinuousClock.now - start).components.seconds)
            let statistics = try await redis.cli("info", "commandstats")
            let calls = statistics.firstMatch(of: /cmdstat_set:calls=(\d+)/).flatMap { Int($0.1) } ?? 0
            #expect(calls <= seconds + 2)
        }
    }
}
