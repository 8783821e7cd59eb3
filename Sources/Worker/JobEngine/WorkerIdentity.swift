internal import Identifiers

#if canImport(Glibc)
    internal import Glibc
#endif

/// The id under which a worker holds jobs: host, process and a fresh ULID, so that no id is ever used twice.
public struct WorkerIdentity: Sendable, Hashable, CustomStringConvertible {
    /// Letters, digits, dots and dashes only, since it stands in Redis keys.
    public let id: String

    public init(id: String) {
        self.id = id
    }

    public static func fresh() -> WorkerIdentity {
        var name = [CChar](repeating: 0, count: 256)
        let host =
            gethostname(&name, name.count - 1) == 0
            ? String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : "host"
        let allowed = host.utf8.map { byte -> Character in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"):
                return Character(Unicode.Scalar(byte))
            case _: return "-"
            }
        }
        var generator = ULIDGenerator()
        let unique = generator.next(milliseconds: UInt64(max(0, UnixClock.milliseconds())))
        return WorkerIdentity(id: "\(String(allowed.prefix(64)))-\(getpid())-\(unique)")
    }

    public var description: String { id }
}
