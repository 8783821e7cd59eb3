/// Why a Redis URL was refused. The text never repeats any part of the URL: a stray `/` or `#` in a password would
/// otherwise put a piece of that password into a log.
public struct RedisURLError: Error, Equatable, CustomStringConvertible {
    /// What is wrong, in a form that reads well after `REDIS_URL: `.
    public let problem: String

    public var description: String { problem }
}

/// The parts of `redis://[[user]:password@]host[:port][/database]`; `rediss` asks for TLS.
struct RedisURL: Equatable, Sendable {
    static let defaultPort = 6379

    var usesTLS: Bool
    var host: String
    var port: Int
    var username: String?
    var password: String?
    var database: Int

    init(_ text: String) throws(RedisURLError) {
        guard !text.isEmpty else { throw RedisURLError(problem: "is empty") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            throw RedisURLError(problem: "contains a space or a control character (percent-encode it)")
        }
        guard let schemeEnd = text.firstRange(of: "://") else {
            throw RedisURLError(problem: "does not start with redis:// or rediss://")
        }
        switch text[..<schemeEnd.lowerBound].lowercased() {
        case "redis": usesTLS = false
        case "rediss": usesTLS = true
        case _: throw RedisURLError(problem: "does not start with redis:// or rediss://")
        }

        let rest = text[schemeEnd.upperBound...]
        guard !rest.contains("?"), !rest.contains("#") else {
            throw RedisURLError(
                problem: "contains ? or #, which has no meaning here (in a password write %3F or %23)")
        }
        let pathStart = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<pathStart]
        guard let at = authority.lastIndex(of: "@") else {
            guard !rest[pathStart...].contains("@") else {
                throw RedisURLError(problem: "contains / before @ (in a user name or password write %2F)")
            }
            (host, port) = try Self.hostAndPort(authority)
            database = try Self.database(rest[pathStart...])
            return
        }
        (username, password) = try Self.credentials(authority[..<at])
        (host, port) = try Self.hostAndPort(authority[authority.index(after: at)...])
        database = try Self.database(rest[pathStart...])
    }

    /// Splits at the first colon, so that a colon in a password needs no escape.
    private static func credentials(_ text: Substring) throws(RedisURLError) -> (String?, String?) {
        guard let colon = text.firstIndex(of: ":") else {
            throw RedisURLError(problem: "has a user name without a password (a password alone is written :password@)")
        }
        let username = try percentDecoded(text[..<colon])
        let password = try percentDecoded(text[text.index(after: colon)...])
        guard !password.isEmpty else {
            throw RedisURLError(problem: "has an empty password (leave out everything before @, or give one)")
        }
        return (username.isEmpty ? nil : username, password)
    }

    private static func hostAndPort(_ text: Substring) throws(RedisURLError) -> (String, Int) {
        if text.first == "[" {
            guard let bracket = text.firstIndex(of: "]") else {
                throw RedisURLError(problem: "has an IPv6 address without its closing bracket")
            }
            let address = text[text.index(after: text.startIndex)..<bracket]
            guard address.contains(":"), address.utf8.allSatisfy(isIPv6Character) else {
                throw RedisURLError(problem: "has brackets around something that is not an IPv6 address")
            }
            let tail = text[text.index(after: bracket)...]
            guard !tail.isEmpty else { return (String(address), defaultPort) }
            guard tail.first == ":" else {
                throw RedisURLError(problem: "has text between the IPv6 address and the port")
            }
            return (String(address), try portNumber(tail.dropFirst()))
        }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        let host = text[..<colon]
        guard !host.isEmpty else { throw RedisURLError(problem: "has no host") }
        guard colon != text.endIndex else { return (String(host), defaultPort) }
        let port = text[text.index(after: colon)...]
        guard !port.contains(":") else {
            throw RedisURLError(problem: "has more than one colon after the host (an IPv6 address needs [brackets])")
        }
        return (String(host), try portNumber(port))
    }

    private static func portNumber(_ text: Substring) throws(RedisURLError) -> Int {
        guard text.utf8.allSatisfy(isDigit), let port = Int(text), (1...65535).contains(port) else {
            throw RedisURLError(problem: "has a port that is not a number from 1 to 65535")
        }
        return port
    }

    private static func database(_ path: Substring) throws(RedisURLError) -> Int {
        let text = path.dropFirst()
        guard !text.isEmpty else { return 0 }
        guard text.utf8.allSatisfy(isDigit), let database = Int32(text) else {
            throw RedisURLError(problem: "has a database that is not a number (expected /0, /1, …)")
        }
        return Int(database)
    }

    private static func percentDecoded(_ text: Substring) throws(RedisURLError) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
                throw RedisURLError(
                    problem: "has a % in the user name or password that is not followed by two hex digits (write %25)")
            }
            bytes.append(high << 4 | low)
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else {
            throw RedisURLError(problem: "has a user name or password that is not UTF-8 once percent-decoded")
        }
        return decoded
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    /// Hex digits, colons, and the dots of an embedded IPv4 address.
    private static func isIPv6Character(_ byte: UInt8) -> Bool {
        hexValue(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
    }

    private static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case _: nil
        }
    }
}
