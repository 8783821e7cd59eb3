import NIOCore
import TestSupport
import Testing

@testable import RedisClient

@Suite(.timeLimit(.minutes(2))) struct RedisTLSTests {
    /// A server with a certificate for the given names, self-signed; `certificate` is what to trust.
    static func server(names: String) async throws -> (
        server: RedisServer, certificate: String, folder: TemporaryFolder
    ) {
        let folder = try TemporaryFolder("redis-tls")
        let certificate = folder.file("certificate.pem")
        let made = try await ManagedProcess.run(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=test", "-addext", "subjectAltName=\(names)", "-keyout", folder.file("key.pem"), "-out",
                certificate,
            ], within: .seconds(30))
        try #require(made.succeeded, "\(made.standardError)")
        var options = RedisServer.Options()
        options.tls = (certificate: certificate, key: folder.file("key.pem"))
        return (try await RedisServer.start(options), certificate, folder)
    }

    static func connectError(_ configuration: RedisConfiguration) async -> RedisError? {
        await #expect(throws: RedisError.self) {
            try await RedisConnection.connect(configuration, on: RedisStage.eventLoop, logger: RedisStage.logger)
        }
    }

    @Test("rediss:// talks TLS to a server whose certificate is trusted and names the host or address")
    func trusted() async throws {
        let (server, certificate, folder) = try await Self.server(names: "IP:127.0.0.1,DNS:localhost")
        for host in ["127.0.0.1", "localhost"] {
            var configuration = try RedisStage.configuration("rediss://\(host):\(server.port)")
            configuration.trustRootsFile = certificate
            try await RedisStage.withConnection(configuration) { connection async throws in
                #expect(try await connection.send(RedisCommand("PING")) == .simple("PONG"))
                let value = ByteBuffer(repeating: 7, count: 1_000_000)
                _ = try await connection.send(RedisCommand("SET", "a", .bytes(value)))
                #expect(try await connection.send(RedisCommand("GET", "a")).bytes == value)
            }
        }
        withExtendedLifetime(folder) {}
    }

    @Test("A certificate that is not trusted, or names another host, is refused with the reason")
    func refused() async throws {
        let (server, certificate, folder) = try await Self.server(names: "DNS:other.example")
        var configuration = try RedisStage.configuration("rediss://127.0.0.1:\(server.port)")
        let untrusted = await Self.connectError(configuration)
        #expect(untrusted?.code == .connectFailed)
        #expect(untrusted?.detail?.contains("CERTIFICATE_VERIFY_FAILED") == true, "\(untrusted?.detail ?? "")")
        configuration.trustRootsFile = certificate
        let mismatched = await Self.connectError(configuration)
        #expect(mismatched?.code == .connectFailed)
        configuration.host = "localhost"
        #expect(await Self.connectError(configuration)?.code == .connectFailed)
        configuration.trustRootsFile = folder.file("missing.pem")
        #expect(await Self.connectError(configuration)?.code == .connectFailed)
    }

    @Test("A server without TLS fails a rediss:// connection in time, and the other way round")
    func mixedUp() async throws {
        let plain = try await RedisServer.shared()
        var configuration = try RedisStage.configuration("rediss://127.0.0.1:\(plain.port)")
        configuration.connectTimeout = .seconds(2)
        let toPlain = await Self.connectError(configuration)
        #expect(toPlain?.code == .connectFailed)
        let (server, _, folder) = try await Self.server(names: "IP:127.0.0.1")
        configuration.usesTLS = false
        configuration.port = server.port
        let toTLS = await Self.connectError(configuration)
        #expect(toTLS?.code == .connectFailed)
        withExtendedLifetime(folder) {}
    }

    @Test("Closing does not wait for a frozen server's TLS goodbye")
    func closesAtOnce() async throws {
        let (server, certificate, folder) = try await Self.server(names: "IP:127.0.0.1")
        var configuration = try RedisStage.configuration(server.url)
        configuration.trustRootsFile = certificate
        let connection = try await RedisConnection.connect(
            configuration, on: RedisStage.eventLoop, logger: RedisStage.logger)
        try server.suspend()
        let start = ContinuousClock.now
        await connection.close()
        // TLS's own goodbye would be waited for five seconds.
        #expect(ContinuousClock.now - start < .seconds(4))
        try server.resume()
        withExtendedLifetime(folder) {}
    }
}
