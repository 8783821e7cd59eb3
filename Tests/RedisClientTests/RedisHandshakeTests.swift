import Testing

@testable import RedisClient

@Suite struct RedisHandshakeTests {
    static func handshake(_ url: String, name: String? = nil) throws -> RedisHandshake {
        var configuration = try RedisConfiguration(url: url)
        configuration.clientName = name
        return RedisHandshake(configuration)
    }

    static func refusal(_ message: String) -> Result<RedisReply, RedisError> {
        .failure(RedisError(RedisServerError(message: message)))
    }

    static let done = Result<RedisReply, RedisError>.success(.simple("OK"))

    @Test(
        "AUTH, SELECT and a name are sent as far as they are needed, and a PING where no name is set",
        arguments: [
            ("redis://h", nil, [RedisCommand("PING")]),
            ("redis://:p@h", nil, [RedisCommand("AUTH", "p"), RedisCommand("PING")]),
            (
                "redis://u:p@h/2", "quoteline",
                [
                    RedisCommand("AUTH", "u", "p"), RedisCommand("SELECT", "2"),
                    RedisCommand("CLIENT", "SETNAME", "quoteline"),
                ]
            ),
        ] as [(String, String?, [RedisCommand])])
    func commands(_ url: String, _ name: String?, _ expected: [RedisCommand]) throws {
        #expect(try Self.handshake(url, name: name).commands.map(\.encoded) == expected.map(\.encoded))
    }

    @Test("A refused AUTH or SELECT, or a missing password, is the reason that Redis gave")
    func refused() throws {
        let handshake = try Self.handshake("redis://:p@h/2")
        let wrong = Self.refusal("WRONGPASS no")
        #expect(
            handshake.failure([wrong, Self.refusal("NOAUTH"), Self.refusal("NOAUTH")])?.serverErrorKind == .wrongPass)
        #expect(
            handshake.failure([Self.done, Self.refusal("ERR DB index is out of range"), Self.done])?.serverErrorKind
                == .other("ERR"))
        #expect(try Self.handshake("redis://h").failure([Self.refusal("NOAUTH no")])?.serverErrorKind == .noAuth)
    }

    @Test(
        "A server that is loading, or forbids names, can be used",
        arguments: ["LOADING", "NOPERM no", "MASTERDOWN", "BUSY"])
    func tolerated(_ message: String) throws {
        #expect(try Self.handshake("redis://h", name: "n").failure([Self.refusal(message)]) == nil)
        #expect(try Self.handshake("redis://h").failure([Self.done]) == nil)
    }

    @Test("Silence and a lost connection are failures to connect, with their cause")
    func connection() throws {
        let handshake = try Self.handshake("redis://h")
        let silent = handshake.failure([.failure(RedisError(.timedOut, mayHaveExecuted: true))])
        #expect(silent == RedisError(.connectFailed, mayHaveExecuted: false, detail: "no answer in time"))
        let lost = handshake.failure([.failure(RedisError(.connectionClosed, mayHaveExecuted: true, detail: "reset"))])
        #expect(lost == RedisError(.connectFailed, mayHaveExecuted: false, detail: "reset"))
    }
}
