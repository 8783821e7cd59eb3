import Testing

@testable import RedisClient

@Suite struct RedisErrorTests {
    @Test(
        "Redis' own errors are typed, and only those that come before any effect count as not executed",
        arguments: [
            ("OOM command not allowed when used memory > 'maxmemory'.", .oom, false),
            ("READONLY You can't write against a read only replica.", .readOnly, false),
            ("LOADING Redis is loading the dataset in memory", .loading, false),
            ("NOAUTH Authentication required.", .noAuth, false),
            ("WRONGPASS invalid username-password pair or user is disabled.", .wrongPass, false),
            ("ERR invalid password", .wrongPass, false),
            ("NOSCRIPT No matching script. Please use EVAL.", .noScript, false),
            ("MISCONF Redis is configured to save RDB snapshots, but …", .misconf, false),
            ("MASTERDOWN Link with MASTER is down", .masterDown, false),
            ("BUSY Redis is busy running a script.", .busy, false),
            ("NOPERM this user has no permissions to run the 'set' command", .noPerm, false),
            ("WRONGTYPE Operation against a key holding the wrong kind of value", .wrongType, false),
            ("ERR unknown command 'FOO', with args beginning with: ", .unknownCommand, false),
            ("NOREPLICAS Not enough good replicas to write.", .other("NOREPLICAS"), false),
            ("ERR value is not an integer or out of range", .other("ERR"), true),
            ("ERR", .other("ERR"), true),
            ("", .other(""), true),
            ("OOM command not allowed script: abc, on @user_script:1.", .oom, true),
            ("WRONGTYPE Operation against a key script: abc, on @user_script:1.", .wrongType, true),
        ] as [(String, RedisServerError.Kind, Bool)])
    func typed(_ message: String, _ kind: RedisServerError.Kind, _ mayHaveExecuted: Bool) {
        let error = RedisServerError(message: message)
        #expect(error.kind == kind)
        #expect(RedisError(error).mayHaveExecuted == mayHaveExecuted)
        #expect(RedisError(error).serverErrorKind == kind)
    }

    @Test("An error's description does not repeat the arguments that Redis quotes")
    func redacted() {
        let error = RedisServerError(
            message: "ERR unknown command 'LPUSHH', with args beginning with: 'wa:{inbound}:ready' 'h3sekret' ")
        #expect(RedisError(error).description == "Redis refused: ERR unknown command 'LPUSHH'")
    }

    @Test("A failure of the connection tells what is behind it and is no error of the server")
    func detail() {
        let error = RedisError(.connectFailed, mayHaveExecuted: false, detail: "connection refused")
        #expect(error.description == "cannot connect to Redis: connection refused")
        #expect(error.serverErrorKind == nil)
    }
}
