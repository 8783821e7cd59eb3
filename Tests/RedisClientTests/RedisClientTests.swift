import NIOCore
import NIOPosix
import Synchronization
import TestSupport
import Testing

@testable import RedisClient

@Suite(.timeLimit(.minutes(2))) struct RedisClientTests {
    typealias Outcome = Result<RedisReply, RedisError>

    /// Asks until a command succeeds again.
    static func waitUntilHealed(_ client: RedisClient, within limit: Duration = .seconds(10)) async throws {
        try await waitUntil("the client to heal", within: limit) {
            try await client.send(RedisCommand("PING"), timeout: .seconds(5)) == .simple("PONG")
        }
    }

    @Test("Ten thousand pipelined commands are answered in their order, in few flushes")
    func pipelined() async throws {
        let server = try await RedisServer.start()
        try await RedisStage.withClient(RedisStage.configuration(server.url)) { client async throws in
            let replies = client.eventLoop.makePromise(of: [RedisReply].self)
            client.eventLoop.execute {
                let command = RedisCommand("INCR", "counter")
                var received: [RedisReply] = []
                for _ in 0..<10_000 {
                    client.write(command.encoded, deadline: .now() + .seconds(30)) { outcome in
                        switch outcome {
                        case .success(let reply):
                            received.append(reply)
                            if received.count == 10_000 { replies.succeed(received) }
                        case .failure(let error):
                            replies.fail(error)
                        }
                    }
                }
            }
            #expect(try await replies.futureResult.get() == (1...10_000).map { .integer($0) })
        }
    }

    @Test("A command written straight into the outgoing buffer arrives like any other")
    func writtenInPlace() async throws {
        let server = try await RedisServer.shared()
        try await RedisStage.withClient(RedisStage.configuration(server.url)) { client async throws in
            let reply = client.eventLoop.makePromise(of: RedisReply.self)
            client.eventLoop.execute {
                client.write(deadline: .now() + .seconds(30)) { buffer in
                    buffer.writeRESPArrayHeader(count: 2)
                    buffer.writeRESPBulk("ECHO")
                    buffer.writeRESPBulk("in place")
                } completion: { outcome in
                    reply.completeWith(outcome.mapError { $0 as any Error })
                }
            }
            #expect(try await reply.futureResult.get().text == "in place")
        }
    }

    @Test("Before it runs, and after it ended, commands fail at once and have not executed")
    func notRunning() async throws {
        let server = try await RedisServer.shared()
        let client = RedisClient(
            configuration: try RedisStage.configuration(server.url), eventLoop: RedisStage.eventLoop,
            logger: RedisStage.logger)
        let before = await RedisStage.error { () throws(RedisError) in try await client.send(RedisCommand("PING")) }
        #expect(before == RedisError(.notConnected, mayHaveExecuted: false))
        let running = Task { try await client.run() }
        try await waitUntil("the client to connect") { client.isConnected }
        running.cancel()
        try await running.value
        #expect(!client.isConnected)
        let after = await RedisStage.error { () throws(RedisError) in try await client.send(RedisCommand("PING")) }
        #expect(after == RedisError(.notConnected, mayHaveExecuted: false))
    }

    @Test("A client that finds no server ends at once when it is told to")
    func endsWhileConnecting() async throws {
        let server = try await RedisServer.start()
        try server.suspend()
        var configuration = try RedisStage.configuration(server.url)
        configuration.connectTimeout = .seconds(60)
        let client = RedisClient(
            configuration: configuration, eventLoop: RedisStage.eventLoop, logger: RedisStage.logger)
        let running = Task { try await client.run() }
        try await waitUntil("the attempt to be under way") {
            try await LoopbackSockets.to(port: server.port).established > 0
        }
        let start = ContinuousClock.now
        running.cancel()
        try await running.value
        #expect(ContinuousClock.now - start < .seconds(20))
        try server.resume()
    }

    @Test("A frozen server fails commands at their deadline, loses its connection after the grace, and is found again")
    func frozen() async throws {
        let server = try await RedisServer.start()
        try await RedisStage.withClient(RedisStage.configuration(server.url)) { client async throws in
            #expect(try await client.send(RedisCommand("PING")) == .simple("PONG"))
            try server.suspend()
            let start = ContinuousClock.now
            let error = await RedisStage.error { () throws(RedisError) in
                try await client.send(RedisCommand("LPUSH", "q", "x"), timeout: .seconds(1))
            }
            #expect(error == RedisError(.timedOut, mayHaveExecuted: true))
            #expect(ContinuousClock.now - start >= .seconds(1))
            try await waitUntil("the silent connection to be given up", within: .seconds(20)) { !client.isConnected }
            let down = await RedisStage.error { () throws(RedisError) in try await client.send(RedisCommand("PING")) }
            #expect(down == RedisError(.notConnected, mayHaveExecuted: false))
            try server.resume()
            try await Self.waitUntilHealed(client)
            // The frozen server had the command in its socket: `mayHaveExecuted` was right.
            try await waitUntil("the late push") { try await client.send(RedisCommand("LLEN", "q")) == .integer(1) }
        }
    }

    @Test("A short stall below the deadline costs nothing but time")
    func stall() async throws {
        let server = try await RedisServer.start()
        try await RedisStage.withClient(RedisStage.configuration(server.url)) { client async throws in
            try server.suspend()
            let reply = Task { try await client.send(RedisCommand("PING"), timeout: .seconds(30)) }
            try await waitUntil("the command to lie before the frozen server") {
                try await LoopbackSockets.to(port: server.port).unread > 0
            }
            try server.resume()
            #expect(try await reply.value == .simple("PONG"))
            #expect(client.isConnected)
        }
    }

    @Test("A killed server fails what is pending, fails fast while it is away, and heals within about a second")
    func killedAndRestarted() async throws {
        let server = try await RedisServer.start(.durable)
        try await RedisStage.withClient(RedisStage.configuration(server.url)) { client async throws in
            #expect(try await client.send(RedisCommand("LPUSH", "q", "x")) == .integer(1))
            try server.suspend()
            let pending = Task {
                await RedisStage.error { () throws(RedisError) in
                    try await client.send(RedisCommand("LPUSH", "q", "y"), timeout: .seconds(60))
                }
            }
            try await waitUntil("the command to lie before the frozen server") {
                try await LoopbackSockets.to(port: server.port).unread > 0
            }
            try await server.kill()
            let error = await pending.value
            #expect(error?.code == .connectionClosed)
            #expect(error?.mayHaveExecuted == true)
            try await waitUntil("the client to notice") { !client.isConnected }
            let away = await RedisStage.error { () throws(RedisError) in try await client.send(RedisCommand("PING")) }
            #expect(away == RedisError(.notConnected, mayHaveExecuted: false))
            try await server.restart()
            try await Self.waitUntilHealed(client, within: .seconds(5))
            #expect(try await client.send(RedisCommand("LLEN", "q")) == .integer(1))
        }
    }

    @Test("CLIENT KILL costs the commands under way, and the next connection is there at once")
    func clientKill() async throws {
        let server = try await RedisServer.start()
        try await RedisStage.withClient(RedisStage.configuration(server.url)) { client async throws in
            for _ in 0..<5 {
                try await Self.waitUntilHealed(client)
                let id = try await client.send(RedisCommand("CLIENT", "ID")).integer ?? 0
                #expect(try await server.cli("client", "kill", "id", "\(id)") == "1")
                try await waitUntil("another connection") {
                    try await client.send(RedisCommand("CLIENT", "ID")).integer != id
                }
            }
        }
    }

    @Test("An idle connection whose server has fallen silent is given up before anyone needs it")
    func idle() async throws {
        let server = try await RedisServer.start()
        var configuration = try RedisStage.configuration(server.url)
        configuration.keepAliveInterval = .milliseconds(50)
        configuration.commandTimeout = .milliseconds(200)
        try await RedisStage.withClient(configuration) { client async throws in
            try server.suspend()
            try await waitUntil("the silent connection to be given up", within: .seconds(20)) { !client.isConnected }
            try server.resume()
            try await waitUntil("the client to connect again") { client.isConnected }
        }
    }

    @Test("A connection that has aged is replaced when its server turns into a replica; a young one is kept")
    func demoted() async throws {
        let server = try await RedisServer.start()
        for (grace, isReplaced) in [(TimeAmount.zero, true), (.hours(1), false)] {
            try await server.cli("replicaof", "no", "one")
            var configuration = try RedisStage.configuration(server.url)
            configuration.readOnlyGrace = grace
            try await RedisStage.withClient(configuration) { client async throws in
                let id = try await client.send(RedisCommand("CLIENT", "ID"))
                let nobody = try freePort()
                _ = try await client.send(RedisCommand("REPLICAOF", "127.0.0.1", .integer(nobody)))
                let refused = await RedisStage.error { () throws(RedisError) in
                    try await client.send(RedisCommand("LPUSH", "q", "x"))
                }
                #expect(refused?.serverErrorKind == .readOnly)
                if isReplaced {
                    try await waitUntil("another connection") {
                        try await client.send(RedisCommand("CLIENT", "ID")) != id
                    }
                } else {
                    #expect(try await client.send(RedisCommand("CLIENT", "ID")) == id)
                }
            }
        }
    }

    @Test("What is logged about a refused password, or an absent server, does not contain it")
    func logsNoPassword() async throws {
        var options = RedisServer.Options()
        options.password = "right"
        let server = try await RedisServer.start(options)
        let log = RecordedLog()
        for port in [server.port, try freePort()] {
            let configuration = try RedisStage.configuration("redis://:h3sekret@127.0.0.1:\(port)")
            let client = RedisClient(
                configuration: configuration, eventLoop: RedisStage.eventLoop, logger: log.logger)
            let running = Task { try await client.run() }
            try await waitUntil("a failure to be logged") {
                log.lines.contains { $0.contains("redis://127.0.0.1:\(port)/0") && $0.contains("error=") }
            }
            running.cancel()
            try await running.value
        }
        #expect(log.lines.contains { $0.contains("WRONGPASS") })
        #expect(log.lines.contains { $0.contains("refused") })
        #expect(!log.lines.contains { $0.contains("sekret") })
    }

    @Test("Commands that fail one by one leave the connection to the others")
    func errorsDoNotDisturb() async throws {
        let server = try await RedisServer.start()
        var configuration = try RedisStage.configuration(server.url)
        // The many timeouts must not be taken for silence when the machine itself stalls.
        configuration.silenceGrace = .seconds(30)
        try await RedisStage.withClient(configuration) { client async throws in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<500 {
                    group.addTask { () async throws in
                        switch number % 3 {
                        case 0:
                            let error = await RedisStage.error { () throws(RedisError) in
                                try await client.send(RedisCommand("NOSUCH"))
                            }
                            #expect(error?.serverErrorKind == .unknownCommand)
                        case 1:
                            // Times out, or not, at the same moment as its reply comes.
                            do throws(RedisError) {
                                _ = try await client.send(RedisCommand("PING"), timeout: .microseconds(50))
                            } catch {
                                #expect(error.code == .timedOut)
                            }
                        case _:
                            let text = "\(number)"
                            #expect(try await client.send(RedisCommand("ECHO", .text(text))).text == text)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
