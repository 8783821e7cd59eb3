/// Where a file belongs: a tenant's, and the message's that it came with. Both are ours, so a name never holds anything
/// that a customer wrote.
public struct MediaName: Sendable, Hashable, CustomStringConvertible {
    public let tenant: Int64
    /// The message's id, a ULID.
    public let message: String

    /// Nil if the id holds anything but 2 to 64 letters and digits: nothing else may stand in a path.
    public init?(tenant: Int64, message: String) {
        guard tenant > 0, (2...64).contains(message.utf8.count),
            message.utf8.allSatisfy({ byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            })
        else { return nil }
        self.tenant = tenant
        self.message = message
    }

    public var description: String { "\(tenant)/\(message)" }
}
