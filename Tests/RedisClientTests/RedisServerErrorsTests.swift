import NIOCore
import TestSupport
import Testing

@testable import RedisClient

/// The errors of a real server, each provoked.
@Suite(.timeLimit(.minutes(2))) struct RedisServerErrorsTests {
    static func kind(_ connection: RedisConnection, _ command: RedisCommand) async -> RedisServerError.Kind? {
        let error = await RedisStage.error { () throws(RedisError) in try await connection.send(command) }
        #expect(error?.mayHaveExecuted == false)
        return error?.serverErrorKind
    }

    @Test("Out of memory is OOM for writes, and reads go on")
    func outOfMemory() async throws {
        let server = try await RedisServer.start()
        try await RedisStage.withConnection(server.url) { connection async throws in
            _ = try await connection.send(RedisCommand("CONFIG", "SET", "maxmemory", "1"))
            #expect(await Self.kind(connection, RedisCommand("LPUSH", "q", "x")) == .oom)
            #expect(try await connection.send(RedisCommand("GET", "q")).isNull)
            let script = RedisScript(source: "return redis.call('set', KEYS[1], 'x')")
            let error = await RedisStage.error { () throws(RedisError) in
                try await connection.run(script, keys: ["q"], arguments: [])
            }
            #expect(error?.serverErrorKind == .oom)
        }
    }

    @Test("A replica refuses writes with READONLY, and everything with MASTERDOWN where it may not serve stale data")
    func replica() async throws {
        let server = try await RedisServer.start()
        try await RedisStage.withConnection(server.url) { connection async throws in
            let nobody = try freePort()
            _ = try await connection.send(RedisCommand("REPLICAOF", "127.0.0.1", .integer(nobody)))
            #expect(await Self.kind(connection, RedisCommand("LPUSH", "q", "x")) == .readOnly)
            _ = try await connection.send(RedisCommand("CONFIG", "SET", "replica-serve-stale-data", "no"))
            #expect(await Self.kind(connection, RedisCommand("GET", "q")) == .masterDown)
        }
    }

    @Test("Wrong types, missing rights and unknown commands are told apart")
    func mistakes() async throws {
        let server = try await RedisServer.start()
        try await server.cli("acl", "setuser", "ana", "on", ">pw", "~mine:*", "+@all", "-flushall")
        try await RedisStage.withConnection("redis://ana:pw@127.0.0.1:\(server.port)") { connection async throws in
            _ = try await connection.send(RedisCommand("SET", "mine:text", "x"))
            #expect(await Self.kind(connection, RedisCommand("LPUSH", "mine:text", "x")) == .wrongType)
            #expect(await Self.kind(connection, RedisCommand("GET", "other")) == .noPerm)
            #expect(await Self.kind(connection, RedisCommand("FLUSHALL")) == .noPerm)
            #expect(await Self.kind(connection, RedisCommand("LPUSHH", "a")) == .unknownCommand)
            #expect(
                await Self.kind(connection, RedisCommand("EVALSHA", .text(String(repeating: "0", count: 40)), "0"))
                    == .noScript)
        }
    }

    @Test("A Redis that cannot save refuses writes with MISCONF")
    func cannotSave() async throws {
        let folder = try TemporaryFolder("misconf")
        var options = RedisServer.Options()
        options.folder = folder.path
        let server = try await RedisServer.start(options)
        // A folder where the snapshot should go makes saving fail.
        let made = try await ManagedProcess.run("/bin/mkdir", [folder.file("dump.rdb")], within: .seconds(5))
        try #require(made.succeeded)
        try await RedisStage.withConnection(server.url) { connection async throws in
            _ = try await connection.send(RedisCommand("SET", "a", "b"))
            _ = try await connection.send(RedisCommand("CONFIG", "SET", "save", "3600 1"))
            _ = try await connection.send(RedisCommand("BGSAVE"))
            try await waitUntil("the snapshot to fail") {
                try await connection.send(RedisCommand("INFO", "persistence")).text?
                    .contains("rdb_last_bgsave_status:err") == true
            }
            #expect(await Self.kind(connection, RedisCommand("LPUSH", "q", "x")) == .misconf)
            _ = try await connection.send(RedisCommand("CONFIG", "SET", "save", ""))
        }
    }

    @Test("While a script runs too long, others are told BUSY")
    func busy() async throws {
        var options = RedisServer.Options()
        options.arguments = ["--busy-reply-threshold", "50"]
        let server = try await RedisServer.start(options)
        try await RedisStage.withConnection(server.url) { connection async throws in
            let endless = Task {
                await RedisStage.error { () throws(RedisError) in
                    try await RedisStage.endlessScript(server.url)
                }
            }
            try await waitUntil("the script to run too long") {
                await Self.isBusy(connection)
            }
            _ = try await connection.send(RedisCommand("SCRIPT", "KILL"))
            let error = await endless.value
            #expect(error?.serverErrorKind == .other("ERR"))
            #expect(error?.mayHaveExecuted == true)
        }
    }

    static func isBusy(_ connection: RedisConnection) async -> Bool {
        do throws(RedisError) {
            _ = try await connection.send(RedisCommand("GET", "a"))
            return false
        } catch {
            return error.serverErrorKind == .busy && !error.mayHaveExecuted
        }
    }

    @Test("A script that fails half-way may have executed, whatever the error's code")
    func halfWay() async throws {
        let server = try await RedisServer.shared()
        try await RedisStage.withConnection(server.url) { connection async throws in
            let script = RedisScript(
                source: "redis.call('set', KEYS[1], 'x') return redis.call('lpush', KEYS[1], 'y')")
            let error = await RedisStage.error { () throws(RedisError) in
                try await connection.run(script, keys: ["half:way"], arguments: [])
            }
            #expect(error?.serverErrorKind == .wrongType)
            #expect(error?.mayHaveExecuted == true)
            let value = try await connection.send(RedisCommand("GET", "half:way")).text
            #expect(value == "x")
        }
    }

    @Test("An error inside an array is an element, not a failure of the whole")
    func insideArray() async throws {
        let server = try await RedisServer.shared()
        try await RedisStage.withConnection(server.url) { connection async throws in
            _ = try await connection.send(RedisCommand("MULTI"))
            _ = try await connection.send(RedisCommand("SET", "inside:a", "x"))
            _ = try await connection.send(RedisCommand("LPUSH", "inside:a", "y"))
            let elements = try await connection.send(RedisCommand("EXEC")).elements
            #expect(elements?.first == .simple("OK"))
            guard case .error(let error) = elements?.last else {
                Issue.record("no error in \(String(describing: elements))")
                return
            }
            #expect(error.kind == .wrongType)
        }
    }

    @Test("A script runs by its SHA-1, and by its source where the server has forgotten it")
    func scripts() async throws {
        let server = try await RedisServer.start()
        let script = RedisScript(source: "return {KEYS[1], ARGV[1], ARGV[2]}")
        let expected = ["k", "a\r\n", "7"].map { RedisReply.bulk(ByteBuffer(string: $0)) }
        try await RedisStage.withConnection(server.url) { connection async throws in
            for _ in 0..<2 {
                #expect(try await connection.run(script, keys: ["k"], arguments: ["a\r\n", 7]) == .array(expected))
            }
            #expect(
                try await connection.send(RedisCommand("SCRIPT", "EXISTS", .text(script.sha1))) == .array([.integer(1)])
            )
            _ = try await connection.send(RedisCommand("SCRIPT", "FLUSH"))
            #expect(try await connection.run(script, keys: ["k"], arguments: ["a\r\n", 7]) == .array(expected))
        }
    }
}

extension RedisStage {
    /// Runs a script without end on a connection of its own, until someone kills it.
    static func endlessScript(_ url: String) async throws(RedisError) -> RedisReply {
        let configuration: RedisConfiguration
        do { configuration = try self.configuration(url) } catch {
            throw RedisError(.connectFailed, mayHaveExecuted: false, detail: "\(error)")
        }
        let connection = try await RedisConnection.connect(configuration, on: eventLoop, logger: logger)
        let result: Result<RedisReply, RedisError>
        do throws(RedisError) {
            result = .success(
                try await connection.send(RedisCommand("EVAL", "while true do end", "0"), timeout: .seconds(60)))
        } catch {
            result = .failure(error)
        }
        await connection.close()
        return try result.get()
    }
}
