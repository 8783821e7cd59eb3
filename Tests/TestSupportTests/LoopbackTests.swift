import NIOCore
import NIOPosix
import TestSupport
import Testing

@Suite("Loopback connections", .timeLimit(.minutes(1)))
struct LoopbackTests {
    @Test(
        "A response is read however its length is told",
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello"),
            ("HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n", 401, ""),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=1\r\nlo\r\n0\r\n\r\n", 200, "hello"),
            ("HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
            ("HTTP/1.0 503 Service Unavailable\r\nRetry-After: 1\r\n\r\nlater", 503, "later"),
        ])
    func readsReply(response: String, status: Int, body: String) async throws {
        // One byte at a time, then the end: the parser must be content with any split.
        let server = try await serve { channel in
            for byte in response.utf8 { channel.write(ByteBuffer(bytes: [byte]), promise: nil) }
            channel.flush()
            channel.close(promise: nil)
        }
        let reply = try await LoopbackHTTP.get(port: server.localAddress?.port ?? 0, "/")
        #expect(reply.status == status)
        #expect(reply.text == body)
        try await server.close()
    }

    @Test("Pipelined responses are read one by one, and the end is seen")
    func pipelined() async throws {
        let server = try await serve { channel in
            let one = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"
            channel.writeAndFlush(ByteBuffer(string: one + "a" + one + "b"), promise: nil)
            channel.close(promise: nil)
        }
        let connection = try await LoopbackConnection.connect(port: server.localAddress?.port ?? 0)
        #expect(try await connection.readReply().text == "a")
        #expect(try await connection.readReply().text == "b")
        #expect(try await connection.readToEnd().isEmpty)
        try await server.close()
    }

    @Test("A port is handed out once")
    func portsDiffer() throws {
        let ports = try (0..<50).map { _ in try freePort() }
        #expect(Set(ports).count == 50)
        #expect(ports.allSatisfy { isFree($0) })
    }

    @Test("The same seed gives the same numbers")
    func seeded() {
        var first = SeededRandom(seed: 7)
        var second = SeededRandom(seed: 7)
        #expect(first.bytes(33) == second.bytes(33))
        #expect(first.next() != first.next())
    }

    @Test("A condition that never holds is an error that names it and the last failure")
    func waitingInVain() async throws {
        let error = try await #require(throws: TestSupportError.self) {
            try await waitUntil("rain", within: .milliseconds(30)) { throw TestSupportError("only sun") }
        }
        #expect(error.description.contains("rain"))
        #expect(error.description.contains("only sun"))
    }

    private func serve(_ answer: @escaping @Sendable (any Channel) -> Void) async throws -> any Channel {
        try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in channel.pipeline.addHandler(AnswerAtOnce(answer: answer)) }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    private final class AnswerAtOnce: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        private let answer: @Sendable (any Channel) -> Void

        init(answer: @escaping @Sendable (any Channel) -> Void) { self.answer = answer }

        func channelActive(context: ChannelHandlerContext) { answer(context.channel) }
    }
}
