import NIOCore
import NIOEmbedded
import Testing

@testable import RedisClient

@Suite struct RedisChannelHandlerTests {
    typealias Outcome = Result<RedisReply, RedisError>

    /// A handler on a channel without a socket, and what its commands came to.
    final class Stage {
        let handler = RedisChannelHandler(silenceGrace: .milliseconds(1000))
        let channel: EmbeddedChannel
        var outcomes: [Int: Outcome] = [:]

        init() throws {
            channel = EmbeddedChannel(handler: handler)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        }

        @discardableResult
        func write(_ number: Int, _ command: RedisCommand = RedisCommand("PING"), within: TimeAmount = .seconds(5))
            -> RedisChannelHandler.CommandID?
        {
            handler.write(command.encoded, deadline: channel.eventLoop.now + within) {
                #expect(self.outcomes.updateValue($0, forKey: number) == nil)
            }
        }

        func receive(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

        func sent() throws -> [String] {
            var all: [String] = []
            while let buffer = try channel.readOutbound(as: ByteBuffer.self) { all.append(String(buffer: buffer)) }
            return all
        }
    }

    @Test("Writes of one turn of the loop leave together")
    func coalesced() throws {
        let stage = try Stage()
        stage.write(0, RedisCommand("GET", "a"))
        stage.write(1, RedisCommand("GET", "b"))
        #expect(try stage.sent().isEmpty)
        stage.channel.embeddedEventLoop.run()
        #expect(try stage.sent() == ["*2\r\n$3\r\nGET\r\n$1\r\na\r\n*2\r\n$3\r\nGET\r\n$1\r\nb\r\n"])
        stage.write(2, RedisCommand("GET", "c"))
        stage.channel.embeddedEventLoop.run()
        #expect(try stage.sent() == ["*2\r\n$3\r\nGET\r\n$1\r\nc\r\n"])
    }

    @Test("A large command between small ones keeps its place")
    func largeBetweenSmall() throws {
        let stage = try Stage()
        let large = String(repeating: "x", count: 100_000)
        stage.write(0, RedisCommand("A"))
        stage.write(1, RedisCommand(large))
        stage.write(2, RedisCommand("B"))
        stage.handler.write(deadline: .distantFuture) { buffer in
            buffer.writeRESPArrayHeader(count: 1)
            buffer.writeRESPBulk("C")
        } completion: { _ in
        }
        stage.channel.embeddedEventLoop.run()
        #expect(
            try stage.sent().joined()
                == "*1\r\n$1\r\nA\r\n*1\r\n$100000\r\n\(large)\r\n*1\r\n$1\r\nB\r\n*1\r\n$1\r\nC\r\n")
    }

    @Test("Replies complete in order, and an error reply is a failure")
    func replies() throws {
        let stage = try Stage()
        for number in 0..<3 { stage.write(number) }
        stage.channel.embeddedEventLoop.run()
        try stage.receive("+PONG\r\n-OOM no")
        #expect(stage.outcomes == [0: .success(.simple("PONG"))])
        try stage.receive("t now\r\n*1\r\n-ERR inside\r\n")
        #expect(stage.outcomes[1] == .failure(RedisError(RedisServerError(message: "OOM not now"))))
        #expect(stage.outcomes[2] == .success(.array([.error(RedisServerError(message: "ERR inside"))])))
    }

    @Test("A completion may write, cancel and close")
    func reentrancy() throws {
        let stage = try Stage()
        var order: [String] = []
        let cancelled = stage.write(1)
        stage.handler.write(RedisCommand("PING").encoded, deadline: .distantFuture) { _ in
            order.append("first")
            if let cancelled { stage.handler.cancel(cancelled) }
            stage.handler.write(RedisCommand("PING").encoded, deadline: .distantFuture) { _ in
                order.append("second")
                stage.handler.close(reason: "test")
                stage.write(2)
            }
        }
        stage.channel.embeddedEventLoop.run()
        try stage.receive(":1\r\n:2\r\n")
        stage.channel.embeddedEventLoop.run()
        try stage.receive(":3\r\n:4\r\n")
        #expect(order == ["first", "second"])
        #expect(stage.outcomes[1] == .success(.integer(1)))
        #expect(stage.outcomes[2] == .failure(.notConnected))
    }

    @Test("A deadline fails its command in time; silence through the grace closes the connection")
    func silence() throws {
        let stage = try Stage()
        stage.write(0, within: .milliseconds(100))
        stage.write(1, within: .seconds(60))
        stage.channel.embeddedEventLoop.run()
        stage.channel.embeddedEventLoop.advanceTime(by: .milliseconds(99))
        #expect(stage.outcomes.isEmpty)
        stage.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(stage.outcomes == [0: .failure(RedisError(.timedOut, mayHaveExecuted: true))])
        #expect(stage.channel.isActive)
        stage.channel.embeddedEventLoop.advanceTime(by: .milliseconds(1000))
        guard case .failure(let error) = stage.outcomes[1] else {
            Issue.record("the second command was not failed")
            return
        }
        #expect(error.code == .connectionClosed && error.mayHaveExecuted)
        #expect(!stage.channel.isActive)
    }

    @Test("A server that answers late, but answers, keeps its connection")
    func late() throws {
        let stage = try Stage()
        stage.write(0, within: .milliseconds(100))
        stage.channel.embeddedEventLoop.advanceTime(by: .milliseconds(900))
        try stage.receive(":1\r\n")
        stage.channel.embeddedEventLoop.advanceTime(by: .seconds(3600))
        #expect(stage.outcomes == [0: .failure(RedisError(.timedOut, mayHaveExecuted: true))])
        stage.write(1)
        try stage.receive(":2\r\n")
        #expect(stage.outcomes[1] == .success(.integer(2)))
    }

    @Test("What is not RESP2, or was not asked for, closes the connection", arguments: ["?\r\n", ":1\r\n:2\r\n"])
    func violation(_ text: String) throws {
        let stage = try Stage()
        stage.write(0)
        stage.channel.embeddedEventLoop.run()
        try stage.receive(text)
        #expect(!stage.channel.isActive)
        #expect(stage.handler.closeReason?.code == .protocolViolation)
        #expect(stage.outcomes.count == 1)
    }

    @Test("When the server hangs up, what was sent may have executed and what was not has not")
    func hangUp() throws {
        let stage = try Stage()
        stage.write(0)
        stage.channel.embeddedEventLoop.run()
        stage.write(1)
        stage.channel.pipeline.fireChannelInactive()
        let detail = "closed by the server"
        #expect(
            stage.outcomes == [
                0: .failure(RedisError(.connectionClosed, mayHaveExecuted: true, detail: detail)),
                1: .failure(RedisError(.connectionClosed, mayHaveExecuted: false, detail: detail)),
            ])
        stage.write(2)
        #expect(stage.outcomes[2] == .failure(.notConnected))
    }
}
