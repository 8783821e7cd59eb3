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
            try await client.send(RedisCommand("PING"), timeout: .seconds(1)) == .simple("PONG")
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
            try await LoopbackPeers.count(port: server.port) > 0
        }
        let start = ContinuousClock.now
        running.cancel()
        try await running.value
        #expect(ContinuousClock.now - start < .seconds(1))
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
                try await client.send(RedisCommand("LPUSH", "q", "x"), timeout: .milliseconds(200))
            }
            #expect(error == RedisError(.timedOut, mayHaveExecuted: true))
            #expect(ContinuousClock.now - start >= .milliseconds(200))
            try await waitUntil("the silent connection to be given up", within: .seconds(5)) { !client.isConnected }
            let failFast = ContinuousClock.now
            let down = await RedisStage.error { () throws(RedisError) in try await client.send(RedisCommand("PING")) }
            #expect(down == RedisError(.notConnected, mayHaveExecuted: false))
            #expect(ContinuousClock.now - failFast < .seconds(1))
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
            try await Task.sleep(for: .milliseconds(400))
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
            try await Task.sleep(for: .milliseconds(100))
            try await server.kill()
            let error = await pending.value
            #expect(error?.code == .connectionClosed)
            #expect(error?.mayHaveExecuted == true)
            try await waitUntil("the client to notice") { !client.isConnected }
            let away = await RedisStage.error { () throws(RedisError) in try await client.send(RedisCommand("PING")) }
            #expect(away == RedisError(.notConnected, mayHaveExecuted: false))
            try await server.restart()
            try await Self.waitUntilHealed(client, within: .seconds(3))
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

    @Test("Commands that fail one by one leave the connection to the others")
    func errorsDoNotDisturb() async throws {
        let server = try await RedisServer.start()
        try await RedisStage.withClient(RedisStage.configuration(server.url)) { client async throws in
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
                                #expect(error == RedisError(.timedOut, mayHaveExecuted: true))
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

/// Who is connected to a port, seen from the kernel: for servers that cannot be asked.
enum LoopbackPeers {
    /// Established connections to `port` on 127.0.0.1, from the client's side.
    static func count(port: Int) async throws -> Int {
        let finished = try await ManagedProcess.run("/bin/cat", ["/proc/net/tcp"], within: .seconds(5))
        let hex = String(port, radix: 16, uppercase: true)
        let remote = "0100007F:" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
        return finished.standardOutput.split(separator: "\n").filter { line in
            let fields = line.split(separator: " ")
            return fields.count > 3 && fields[2] == remote && fields[3] == "01"
        }.count
    }
}
