import NIOCore
import TestSupport
import Testing

@testable import RedisClient

@Suite(.timeLimit(.minutes(2))) struct RedisConnectionTests {
    @Test("Replies of every type come back from a real server")
    func replyTypes() async throws {
        let server = try await RedisServer.shared()
        try await RedisStage.withConnection(server.url) { connection async throws in
            #expect(try await connection.send(RedisCommand("PING")) == .simple("PONG"))
            #expect(try await connection.send(RedisCommand("SET", "types:a", .bytes([0, 255, 13, 10]))).text == "OK")
            #expect(
                try await connection.send(RedisCommand("GET", "types:a")).bytes == ByteBuffer(bytes: [0, 255, 13, 10]))
            #expect(try await connection.send(RedisCommand("GET", "types:none")).isNull)
            #expect(try await connection.send(RedisCommand("INCRBY", "types:n", -7)) == .integer(-7))
            #expect(try await connection.send(RedisCommand("GET", "types:n")).integer == -7)
            let list = try await connection.send(RedisCommand("MGET", "types:n", "types:none"))
            #expect(list.elements == [.bulk(ByteBuffer(string: "-7")), .null])
        }
    }

    @Test("A value of 4 MB goes there and back unchanged")
    func largeValue() async throws {
        let server = try await RedisServer.shared()
        var random = SeededRandom(seed: 4)
        let value = ByteBuffer(bytes: random.bytes(4 * 1024 * 1024))
        try await RedisStage.withConnection(server.url) { connection async throws in
            #expect(try await connection.send(RedisCommand("SET", "large", .bytes(value))).text == "OK")
            #expect(try await connection.send(RedisCommand("GET", "large")).bytes == value)
        }
    }

    @Test("User, password, database and name of the configuration are used")
    func handshake() async throws {
        var options = RedisServer.Options()
        options.password = "s3kret/@:"
        let server = try await RedisServer.start(options)
        try await server.cli("acl", "setuser", "ana", "on", ">p%1", "~*", "+@all")
        var configuration = try RedisStage.configuration("redis://ana:p%251@127.0.0.1:\(server.port)/5")
        configuration.clientName = "quoteline-test"
        try await RedisStage.withConnection(configuration) { connection async throws in
            let info = try await connection.send(RedisCommand("CLIENT", "INFO")).text ?? ""
            for field in ["name=quoteline-test", "db=5", "user=ana"] { #expect(info.contains(field)) }
        }
        try await RedisStage.withConnection("redis://:s3kret%2F%40%3A@127.0.0.1:\(server.port)") {
            connection async throws in
            let info = try await connection.send(RedisCommand("CLIENT", "INFO")).text ?? ""
            for field in ["db=0", "user=default"] { #expect(info.contains(field)) }
        }
    }

    @Test(
        "A refused user, password or database fails the connection with Redis' own reason",
        arguments: [
            (":wrong@", "/0", .wrongPass), ("nobody:right@", "/0", .wrongPass), ("", "/0", .noAuth),
            (":right@", "/99999", .other("ERR")),
        ] as [(String, String, RedisServerError.Kind)])
    func refused(_ login: String, _ path: String, _ kind: RedisServerError.Kind) async throws {
        var options = RedisServer.Options()
        options.password = "right"
        let server = try await RedisServer.start(options)
        let configuration = try RedisStage.configuration("redis://\(login)127.0.0.1:\(server.port)\(path)")
        let error = await #expect(throws: RedisError.self) {
            try await RedisConnection.connect(configuration, on: RedisStage.eventLoop, logger: RedisStage.logger)
        }
        #expect(error?.serverErrorKind == kind)
        #expect(error?.mayHaveExecuted == false)
        try await waitUntil("the refused connection to be gone") {
            // The one that is left is the asking redis-cli.
            try await server.cli("info", "clients").contains("connected_clients:1")
        }
    }

    @Test("A port where nothing listens, and a name that does not exist, fail at once with the cause")
    func unreachable() async throws {
        let port = try freePort()
        let nothing = try RedisStage.configuration("redis://127.0.0.1:\(port)")
        let refused = await #expect(throws: RedisError.self) {
            try await RedisConnection.connect(nothing, on: RedisStage.eventLoop, logger: RedisStage.logger)
        }
        #expect(refused?.code == .connectFailed)
        #expect(refused?.detail?.contains("refused") == true, "\(refused?.detail ?? "")")
        let nowhere = try RedisStage.configuration("redis://redis.invalid")
        let unknown = await #expect(throws: RedisError.self) {
            try await RedisConnection.connect(nowhere, on: RedisStage.eventLoop, logger: RedisStage.logger)
        }
        #expect(unknown?.code == .connectFailed)
    }

    @Test("A server that accepts but never answers fails the connection within its timeout")
    func silentAtConnect() async throws {
        let server = try await RedisServer.start()
        try server.suspend()
        var configuration = try RedisStage.configuration(server.url)
        configuration.connectTimeout = .milliseconds(1500)
        let impatient = configuration
        let start = ContinuousClock.now
        let error = await #expect(throws: RedisError.self) {
            try await RedisConnection.connect(impatient, on: RedisStage.eventLoop, logger: RedisStage.logger)
        }
        #expect(error == RedisError(.connectFailed, mayHaveExecuted: false, detail: "no answer in time"))
        #expect(ContinuousClock.now - start >= .milliseconds(1400))
        #expect(ContinuousClock.now - start < .seconds(20))
        try server.resume()
    }

    @Test("Cancelling an attempt to connect ends it at once, though the server is silent")
    func cancelledConnect() async throws {
        let server = try await RedisServer.start()
        try server.suspend()
        var configuration = try RedisStage.configuration(server.url)
        configuration.connectTimeout = .seconds(60)
        let patient = configuration
        let attempt = Task {
            try await RedisConnection.connect(patient, on: RedisStage.eventLoop, logger: RedisStage.logger)
        }
        try await waitUntil("the attempt to lie before the frozen server") {
            try await LoopbackSockets.to(port: server.port).established > 0
        }
        let start = ContinuousClock.now
        attempt.cancel()
        let result = await attempt.result
        #expect(ContinuousClock.now - start < .seconds(20))
        #expect(throws: RedisError(.cancelled, mayHaveExecuted: false)) { try result.get() }
        try server.resume()
    }

    @Test("Closing ends a blocked BLMOVE at once, on both sides, and it takes nothing afterwards")
    func closeWhileBlocked() async throws {
        let server = try await RedisServer.start()
        let connection = try await RedisConnection.connect(
            RedisStage.configuration(server.url), on: RedisStage.eventLoop, logger: RedisStage.logger)
        let blocked = Task {
            await RedisStage.error { () throws(RedisError) in
                try await connection.send(
                    RedisCommand("BLMOVE", "from", "to", "RIGHT", "LEFT", "0"), timeout: .hours(1))
            }
        }
        try await waitUntil("BLMOVE to block") {
            try await server.cli("info", "clients").contains("blocked_clients:1")
        }
        let start = ContinuousClock.now
        await connection.close()
        let error = await blocked.value
        #expect(ContinuousClock.now - start < .seconds(10))
        #expect(error?.code == .connectionClosed)
        #expect(error?.mayHaveExecuted == true)
        #expect(!connection.isOpen)
        try await waitUntil("Redis to see the end") {
            try await server.cli("info", "clients").contains("blocked_clients:0")
        }
        try await server.cli("lpush", "from", "x")
        #expect(try await server.cli("llen", "from") == "1")
        #expect(
            await RedisStage.error { () throws(RedisError) in try await connection.send(RedisCommand("PING")) }
                == RedisError(.notConnected, mayHaveExecuted: false))
        await connection.close()
    }

    @Test("A blocking command's own timeout answers null before the caller's")
    func blockingTimeout() async throws {
        let server = try await RedisServer.shared()
        try await RedisStage.withConnection(server.url) { connection async throws in
            let reply = try await connection.send(
                RedisCommand("BLMOVE", "none:from", "none:to", "RIGHT", "LEFT", "0.05"), timeout: .seconds(30))
            #expect(reply.isNull)
        }
    }

    @Test("Cancelling one command fails it alone, and at once; its late reply reaches nobody")
    func cancelOne() async throws {
        let server = try await RedisServer.start()
        try await RedisStage.withConnection(server.url) { connection async throws in
            let blocked = Task {
                await RedisStage.error { () throws(RedisError) in
                    try await connection.send(RedisCommand("BLPOP", "queue", "0"), timeout: .hours(1))
                }
            }
            try await waitUntil("BLPOP to block") {
                try await server.cli("info", "clients").contains("blocked_clients:1")
            }
            let behind = Task { try await connection.send(RedisCommand("ECHO", "behind")) }
            blocked.cancel()
            #expect(await blocked.value == RedisError(.cancelled, mayHaveExecuted: true))
            try await server.cli("rpush", "queue", "late")
            #expect(try await behind.value.text == "behind")
            #expect(try await connection.send(RedisCommand("ECHO", "after")).text == "after")
            #expect(try await server.cli("llen", "queue") == "0")
        }
    }

    @Test("A command whose time has passed already is not sent")
    func tooLate() async throws {
        let server = try await RedisServer.shared()
        try await RedisStage.withConnection(server.url) { connection async throws in
            let error = await RedisStage.error { () throws(RedisError) in
                try await connection.send(RedisCommand("SET", "too:late", "x"), timeout: .seconds(-1))
            }
            #expect(error == RedisError(.timedOut, mayHaveExecuted: false))
            #expect(try await connection.send(RedisCommand("EXISTS", "too:late")) == .integer(0))
        }
    }

    @Test("A task that is cancelled already sends nothing")
    func cancelledBefore() async throws {
        let server = try await RedisServer.shared()
        try await RedisStage.withConnection(server.url) { connection async throws in
            let task = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await RedisStage.error { () throws(RedisError) in
                    try await connection.send(RedisCommand("SET", "cancelled:before", "x"))
                }
            }
            #expect(await task.value == RedisError(.cancelled, mayHaveExecuted: false))
            #expect(try await connection.send(RedisCommand("EXISTS", "cancelled:before")) == .integer(0))
        }
    }

    @Test("Many tasks at once on one connection each get their own reply, also while others are cancelled")
    func manyTasks() async throws {
        let server = try await RedisServer.shared()
        try await RedisStage.withConnection(server.url) { connection async throws in
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<2000 {
                    group.addTask {
                        let text = "number \(number)"
                        let task = Task { () async -> Result<RedisReply, RedisError> in
                            do throws(RedisError) {
                                return .success(try await connection.send(RedisCommand("ECHO", .text(text))))
                            } catch {
                                return .failure(error)
                            }
                        }
                        if number.isMultiple(of: 3) { task.cancel() }
                        switch await task.value {
                        case .success(let reply): #expect(reply.text == text)
                        case .failure(let error): #expect(error.code == .cancelled && number.isMultiple(of: 3))
                        }
                    }
                }
            }
        }
    }
}
