public import NIOCore

/// One argument of a command: binary-safe, as Redis' bulk strings are.
public enum RedisArgument: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case text(String)
    case bytes(ByteBuffer)
    case integer(Int64)

    public init(stringLiteral value: String) { self = .text(value) }
    public init(integerLiteral value: Int64) { self = .integer(value) }

    public static func bytes(_ bytes: [UInt8]) -> RedisArgument { .bytes(ByteBuffer(bytes: bytes)) }
    public static func integer(_ value: Int) -> RedisArgument { .integer(Int64(value)) }

    /// An upper bound of the encoded size in bytes, so that the buffer is allocated once.
    var encodedSizeEstimate: Int {
        switch self {
        case .text(let text): text.utf8.count + 16
        case .bytes(let bytes): bytes.readableBytes + 16
        case .integer: 28
        }
    }
}

/// A command, encoded once when it is made; sending it again costs no further encoding.
public struct RedisCommand: Sendable, CustomStringConvertible, CustomReflectable {
    /// The command's first word.
    public let name: String
    /// The whole command in RESP2.
    public let encoded: ByteBuffer

    public init(_ name: String, _ arguments: RedisArgument...) {
        self.init(name, arguments: arguments)
    }

    public init(_ name: String, arguments: [RedisArgument]) {
        self.name = name
        var buffer = ByteBuffer()
        buffer.reserveCapacity(arguments.reduce(32 + name.utf8.count) { $0 + $1.encodedSizeEstimate })
        buffer.writeRESPArrayHeader(count: 1 + arguments.count)
        buffer.writeRESPBulk(name)
        for argument in arguments {
            switch argument {
            case .text(let text): buffer.writeRESPBulk(text)
            case .bytes(let bytes): buffer.writeRESPBulk(bytes)
            case .integer(let integer): buffer.writeRESPBulk(integer)
            }
        }
        encoded = buffer
    }

    /// The name only: arguments may be passwords, phone numbers or message texts.
    public var description: String { "\(name) (\(encoded.readableBytes) bytes)" }

    public var customMirror: Mirror { Mirror(self, children: ["name": name]) }
}
