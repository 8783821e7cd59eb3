/// Why a command has no result.
public struct RedisError: Error, Equatable, CustomStringConvertible {
    public enum Code: Sendable, Equatable {
        /// There is no connection right now; nothing was sent.
        case notConnected
        /// A connection could not be made: refused, unreachable, certificate, time.
        case connectFailed
        /// The connection ended before the reply came.
        case connectionClosed
        /// The deadline passed before the reply came.
        case timedOut
        /// The server sent something that is not RESP2, or a reply that nobody asked for.
        case protocolViolation
        /// The task that waited for the reply was cancelled.
        case cancelled
        /// Redis answered with an error.
        case server(RedisServerError)
    }

    public let code: Code
    /// Whether the command may have taken effect at the server. `false` is certain: it did not.
    public let mayHaveExecuted: Bool
    /// What lies behind the code, where more is known: the socket's or TLS's error. Never a secret.
    public let detail: String?

    public init(_ code: Code, mayHaveExecuted: Bool, detail: String? = nil) {
        self.code = code
        self.mayHaveExecuted = mayHaveExecuted
        self.detail = detail
    }

    public init(_ error: RedisServerError) {
        self.init(.server(error), mayHaveExecuted: error.mayHaveExecuted)
    }

    static let notConnected = RedisError(.notConnected, mayHaveExecuted: false)

    /// The kind of Redis' own error reply, `nil` for failures of the connection.
    public var serverErrorKind: RedisServerError.Kind? {
        switch code {
        case .server(let error): error.kind
        case .notConnected, .connectFailed, .connectionClosed, .timedOut, .protocolViolation, .cancelled: nil
        }
    }

    /// Safe to log: no argument of the command is in it.
    public var description: String {
        let text =
            switch code {
            case .notConnected: "not connected to Redis"
            case .connectFailed: "cannot connect to Redis"
            case .connectionClosed: "connection to Redis closed before the reply"
            case .timedOut: "no reply from Redis in time"
            case .protocolViolation: "Redis sent what cannot be understood"
            case .cancelled: "cancelled while waiting for Redis"
            case .server(let error): "Redis refused: \(error)"
            }
        guard let detail else { return text }
        return "\(text): \(detail)"
    }
}
