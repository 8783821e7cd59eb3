import IngressApp
import NIOCore
import TestSupport
import Testing

@Suite("Webhooks over sockets into Redis")
struct WebhookIntegrationTests {
    private static let path = "/api/whatsapp/webhook"

    @Test("Every body is in the queue byte for byte, in the order in which it was posted")
    func exactBytes() async throws {
        let redis = try await RedisServer.shared()
        try await RunningIngress.with(redis: redis.url) { ingress in
            try await ingress.waitUntilReady()
            let texts = [
                "{ \"a\" :\t1 ,\r\n\"b\":[ ] }", #"{"t":"\u00e4\u00f6 \/ \u003C \ud83c\udf89 \n"}"#, #"{"t":"🎉 ä"}"#,
                #"{"lone":"\ud800","nul":"\u0000"}"#, "not json at all", "", "[1,2", #"{"x":","payload":"}"#,
            ]
            var bodies = texts.map { Array($0.utf8) }
            var random = SeededRandom(seed: 3)
            bodies.append([0, 0xFF, 0xC0, 13, 10])
            bodies.append(random.bytes(20_000))
            bodies.append(random.bytes(3 * 1_024 * 1_024))
            bodies.append(random.bytes(4 * 1_024 * 1_024))
            let connection = try await ingress.connect()
            for body in bodies {
                let reply = try await connection.request(
                    "POST", Self.path,
                    headers: [("X-Hub-Signature-256", signature(of: body))], body: body)
                #expect(reply.status == 200)
                #expect(reply.body.isEmpty)
            }
            let queued = try await ingress.queued(redis.url)
            #expect(queued == bodies)
        }
    }

    @Test("Forty posts at once are all there, each once")
    func parallel() async throws {
        let redis = try await RedisServer.shared()
        try await RunningIngress.with(redis: redis.url) { ingress in
            try await ingress.waitUntilReady()
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<40 {
                    group.addTask { try await ingress.post(Array("{\"n\":\(number)}".utf8)).status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == Array(repeating: 200, count: 40))
            let queued = try await ingress.queued(redis.url)
            #expect(Set(queued) == Set((0..<40).map { Array("{\"n\":\($0)}".utf8) }))
            #expect(queued.count == 40)
            #expect(try await ingress.metric(#"quoteline_ingress_requests_total{result="accepted"}"#) == 40)
            #expect(try await ingress.metric(#"quoteline_ingress_signatures_total{secret="1"}"#) == 40)
            #expect(try await ingress.metric("quoteline_ingress_request_duration_seconds_count") == 40)
            #expect(try await ingress.metric("quoteline_ingress_inflight_bytes") == 0)
        }
    }

    @Test("The handshake and every refusal, over one connection")
    func statuses() async throws {
        let redis = try await RedisServer.shared()
        try await RunningIngress.with(redis: redis.url) { ingress in
            try await ingress.waitUntilReady()
            let connection = try await ingress.connect()
            let query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify%20me"
            let handshake = try await connection.request("GET", "\(Self.path)?\(query)")
            #expect(handshake.status == 200)
            #expect(handshake.text == "1158201444")
            #expect(try await connection.request("GET", "\(Self.path)?\(query)x").status == 403)
            #expect(try await connection.request("GET", Self.path).status == 400)
            #expect(try await connection.request("POST", Self.path, body: [1]).status == 401)
            #expect(try await connection.request("PUT", Self.path).status == 405)
            #expect(try await connection.request("HEAD", Self.path).status == 405)
            #expect(try await connection.request("GET", "/").status == 404)
            let wrong = [("X-Hub-Signature-256", "sha256=" + String(repeating: "0", count: 64))]
            #expect(try await connection.request("POST", Self.path, headers: wrong, body: [1]).status == 401)
            #expect(try await ingress.queued(redis.url).isEmpty)
        }
    }

    @Test("A sender of a body that is too long reads its 413, though it was still sending")
    func tooLong() async throws {
        let redis = try await RedisServer.shared()
        try await RunningIngress.with(redis: redis.url) { ingress in
            let body = [UInt8](repeating: UInt8(ascii: " "), count: 12 * 1_024 * 1_024)
            let reply = try await ingress.post(body)
            #expect(reply.status == 413)
            #expect(reply.header("Connection") == "close")
            let chunked = try await ingress.connect()
            try await chunked.send(webhook(body, chunks: 100_000))
            #expect(try await chunked.readReply().status == 413)
            #expect(try await ingress.metric(#"quoteline_ingress_requests_total{result="too_large"}"#) == 2)
        }
    }

    @Test("A sender that has closed its writing side still gets its answer, and then the end")
    func halfClosed() async throws {
        let redis = try await RedisServer.shared()
        try await RunningIngress.with(redis: redis.url) { ingress in
            try await ingress.waitUntilReady()
            let connection = try await ingress.connect()
            try await connection.send(webhook("{}"))
            try await connection.endWriting()
            #expect(try await connection.readReply().status == 200)
            _ = try await connection.readToEnd()

            let idle = try await ingress.connect()
            try await idle.endWriting()
            #expect(try await idle.readToEnd().isEmpty)
        }
    }

    @Test("An upload that is cut off enqueues nothing and is counted", arguments: [true, false])
    func cutOff(byReset: Bool) async throws {
        let redis = try await RedisServer.shared()
        try await RunningIngress.with(redis: redis.url) { ingress in
            let connection = try await ingress.connect()
            try await connection.send(Array(webhook("0123456789").dropLast(1)))
            try await waitUntil("the bytes to arrive") {
                try await ingress.metric("quoteline_ingress_inflight_bytes") == 9
            }
            if byReset { try await connection.reset() } else { try await connection.endWriting() }
            try await waitUntil("the upload to be counted as aborted") {
                try await ingress.metric(#"quoteline_ingress_requests_total{result="aborted"}"#) == 1
            }
            #expect(try await ingress.metric("quoteline_ingress_inflight_bytes") == 0)
            #expect(try await ingress.queued(redis.url).isEmpty)
        }
    }

    @Test("Two hundred pipelined webhooks on one connection are answered in order and queued in order")
    func pipelined() async throws {
        let redis = try await RedisServer.shared()
        try await RunningIngress.with(redis: redis.url) { ingress in
            try await ingress.waitUntilReady()
            let connection = try await ingress.connect()
            let bodies = (0..<200).map { Array("{\"n\":\($0)}".utf8) }
            try await connection.send(bodies.flatMap { webhook($0) })
            for _ in bodies { #expect(try await connection.readReply().status == 200) }
            #expect(try await ingress.queued(redis.url) == bodies)
        }
    }

    @Test("Idle connections, slow headers and slow bodies are cut in time")
    func times() async throws {
        func hasty(_ limits: inout IngressLimits) {
            limits.idleTime = .seconds(5)
            limits.headerTime = .seconds(1)
            limits.bodyTime = .seconds(1)
            limits.sweepInterval = .milliseconds(20)
        }
        let redis = try await RedisServer.shared()
        try await RunningIngress.with(redis: redis.url, limits: hasty) { ingress in
            let idle = try await ingress.connect()
            let header = try await ingress.connect()
            let body = try await ingress.connect()
            try await header.send("POST /api")
            try await body.send(Array(webhook("0123456789").dropLast(1)))
            #expect(try await idle.readToEnd(within: .seconds(30)).isEmpty)
            #expect(try await header.readReply(within: .seconds(30)).status == 408)
            #expect(try await body.readReply(within: .seconds(30)).status == 408)
            _ = try await header.readToEnd(within: .seconds(30))
            _ = try await body.readToEnd(within: .seconds(30))
        }
    }

    @Test("Beyond the number of connections a new one is told to come again, and one that ends makes room")
    func connections() async throws {
        func narrow(_ limits: inout IngressLimits) { limits.connections = 3 }
        let redis = try await RedisServer.shared()
        try await RunningIngress.with(redis: redis.url, limits: narrow) { ingress in
            try await ingress.waitUntilReady()
            var held: [LoopbackConnection] = []
            for _ in 0..<3 {
                let connection = try await ingress.connect()
                #expect(try await connection.request("GET", "/").status == 404)
                held.append(connection)
            }
            let surplus = try await ingress.connect()
            #expect(try await surplus.readReply().status == 503)
            await surplus.close()
            await held[0].close()
            try await waitUntil("room for a connection") { try await ingress.post(Array("{}".utf8)).status == 200 }
            for connection in held { await connection.close() }
        }
    }
}
