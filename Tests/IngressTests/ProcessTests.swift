import TestSupport
import Testing

/// The real binary.
@Suite("The ingress process", .serialized)
struct ProcessTests {
    private static func environment(_ changes: [String: String]) throws -> [String: String] {
        var environment = [
            "WHATSAPP_APP_SECRET": "app-secret", "WHATSAPP_VERIFY_TOKEN": "verify me",
            "REDIS_URL": "redis://127.0.0.1:\(try freePort())", "INGRESS_HOST": "127.0.0.1",
            "INGRESS_PORT": "\(try freePort())", "INGRESS_OPS_PORT": "\(try freePort())", "INGRESS_THREADS": "1",
        ]
        environment.merge(changes) { _, new in new }
        return environment
    }

    @Test(
        "A wrong setting stops it with one line that names the variable, and exit code 78",
        arguments: [
            ["WHATSAPP_APP_SECRET": ""], ["WHATSAPP_APP_SECRET": "   "], ["WHATSAPP_APP_SECRET": "one,,two"],
            ["WHATSAPP_VERIFY_TOKEN": ""], ["REDIS_URL": "http://127.0.0.1"], ["REDIS_URL": "redis://:s3cret@"],
            ["INGRESS_PORT": "http"], ["INGRESS_PORT": "70000"], ["INGRESS_PORT": ""], ["INGRESS_OPS_PORT": "-1"],
            ["INGRESS_THREADS": "0"], ["INGRESS_MAX_BODY_BYTES": "0"], ["INGRESS_MAX_BODY_BYTES": "4 MB"],
            ["INGRESS_MAX_INFLIGHT_BYTES": "1000"], ["QUEUE_PREFIX": "{wa}"], ["LOG_LEVEL": "loud"],
            ["LOG_FORMAT": "xml"],
        ])
    func wrongSetting(change: [String: String]) async throws {
        let finished = try await ManagedProcess.run(
            try builtBinary(named: "ingress"), environment: try Self.environment(change), within: .seconds(20))
        let variable = try #require(change.keys.first)
        #expect(finished.status == .exited(78))
        #expect(finished.standardError.hasPrefix("\(variable): "), "\(finished.standardError)")
        #expect(finished.standardError.contains("; expected "))
        #expect(finished.standardError.filter { $0 == "\n" }.count == 1)
        #expect(!finished.standardError.contains("s3cret"))
        #expect(finished.standardOutput.isEmpty)
    }

    @Test("A port that is taken stops it with one error line that names the address", arguments: ["INGRESS", "OPS"])
    func takenPort(which: String) async throws {
        let redis = try await RedisServer.shared()
        let variable = which == "OPS" ? "INGRESS_OPS_PORT" : "INGRESS_PORT"
        let finished = try await ManagedProcess.run(
            try builtBinary(named: "ingress"),
            environment: try Self.environment([variable: "\(redis.port)", "LOG_LEVEL": "critical"]),
            within: .seconds(30))
        #expect(!finished.succeeded)
        #expect(finished.standardError.contains("cannot listen on 127.0.0.1:\(redis.port)"))
        #expect(finished.standardError.filter { $0 == "\n" }.count == 1)
    }

    @Test("It takes a webhook, and SIGTERM ends it with exit code 0")
    func runs() async throws {
        let redis = try await RedisServer.start()
        let environment = try Self.environment(["REDIS_URL": redis.url])
        let port = try #require(environment["INGRESS_PORT"].flatMap { Int($0) })
        let opsPort = try #require(environment["INGRESS_OPS_PORT"].flatMap { Int($0) })
        let process = try ManagedProcess(try builtBinary(named: "ingress"), environment: environment)
        try await waitUntil("Ingress to be ready", within: .seconds(30)) {
            try await LoopbackHTTP.get(port: opsPort, "/ready").status == 200
        }
        let connection = try await LoopbackConnection.connect(port: port)
        try await connection.send(webhook("{}"))
        #expect(try await connection.readReply().status == 200)
        #expect(try await redis.cli("llen", "wa:{inbound}:ready") == "1")
        let status = try await process.stop(within: .seconds(30))
        #expect(status == .exited(0))
        #expect(!process.output.contains("app-secret"))
        #expect(!process.output.contains("verify me"))
    }
}
