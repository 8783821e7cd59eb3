public import NIOCore

/// A reply as RESP2 knows it. Null strings and null arrays are both `null`.
public enum RedisReply: Sendable, Equatable {
    case simple(String)
    case integer(Int64)
    case bulk(ByteBuffer)
    case null
    case array([RedisReply])
    /// Only inside arrays (`EXEC`, for one): an error that is the whole reply is thrown instead.
    case error(RedisServerError)

    /// The text of a simple or bulk string (invalid UTF-8 repaired), else `nil`.
    public var text: String? {
        switch self {
        case .simple(let text): text
        case .bulk(let bytes): String(buffer: bytes)
        case .integer, .null, .array, .error: nil
        }
    }

    /// The bytes of a bulk string, else `nil`.
    public var bytes: ByteBuffer? {
        switch self {
        case .bulk(let bytes): bytes
        case .simple, .integer, .null, .array, .error: nil
        }
    }

    /// An integer, or a string that is one (as `GET` of a counter answers), else `nil`.
    public var integer: Int64? {
        switch self {
        case .integer(let value): value
        case .simple, .bulk: text.flatMap { Int64($0) }
        case .null, .array, .error: nil
        }
    }

    /// The elements of an array, else `nil`.
    public var elements: [RedisReply]? {
        switch self {
        case .array(let elements): elements
        case .simple, .integer, .bulk, .null, .error: nil
        }
    }

    public var isNull: Bool { self == .null }
}
