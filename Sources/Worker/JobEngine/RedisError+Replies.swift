internal import RedisClient

extension RedisError {
    /// A reply of another shape than the command promises: an older or newer server, or a proxy in between.
    static func unexpectedReply(_ expected: String) -> RedisError {
        RedisError(.protocolViolation, mayHaveExecuted: true, detail: "expected \(expected)")
    }

    static let claimerClosed = RedisError(
        .connectionClosed, mayHaveExecuted: true, detail: "the consuming connection was closed by this worker")
}
