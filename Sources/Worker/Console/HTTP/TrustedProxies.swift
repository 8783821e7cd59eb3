internal import Glibc

/// The proxies whose word about a client's address counts.
public struct TrustedProxies: Sendable, Equatable {
    public static let expectation = "IP addresses or networks such as 10.0.0.0/8, separated by commas"

    private struct Network: Sendable, Equatable {
        let bytes: [UInt8]
        let length: Int

        func contains(_ address: [UInt8]) -> Bool {
            guard address.count == bytes.count else { return false }
            for bit in 0..<length where (address[bit / 8] ^ bytes[bit / 8]) & (0x80 >> UInt8(bit % 8)) != 0 {
                return false
            }
            return true
        }
    }

    private var networks: [Network] = []

    /// Trusts nobody.
    public init() {}

    public init?(_ text: String) {
        for part in text.split(whereSeparator: { $0 == "," || $0 == " " }) {
            let halves = part.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard let first = halves.first, let bytes = Self.bytes(String(first)) else { return nil }
            var length = bytes.count * 8
            if halves.count == 2 {
                guard let given = Int(halves[1]), (0...length).contains(given) else { return nil }
                length = given
            }
            networks.append(Network(bytes: bytes, length: length))
        }
    }

    /// Whom a request came from: the peer, or what the proxies in between say, as far as each is trusted. Some write the
    /// port behind the address, too; it is left out.
    /// - Parameters:
    ///   - peer: the address of the connection's other end.
    ///   - forwarded: the values of `X-Forwarded-For`, in their order.
    func client(peer: String, forwarded: [String]) -> String {
        var client = Self.bytes(peer).flatMap(Self.text) ?? peer
        var hops = forwarded.flatMap { $0.split(separator: ",") }.map { $0.filter { !$0.isWhitespace } }
        while isTrusted(client), let hop = hops.popLast() {
            guard let address = Self.address(inHop: hop) else { return client }
            client = address
        }
        return client
    }

    /// The address in `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::7`, `[2001:db8::7]` or `[2001:db8::7]:4711`, written in
    /// one form only, so that attempts of one address are counted as such.
    private static func address(inHop hop: String) -> String? {
        var text = hop[...]
        var port: Substring?
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]") else { return nil }
            let rest = text[text.index(after: end)...]
            port = rest.isEmpty ? nil : rest
            text = text[text.index(after: text.startIndex)..<end]
        } else if let colon = text.firstIndex(of: ":"), text.lastIndex(of: ":") == colon {
            port = text[colon...]
            text = text[..<colon]
        }
        if let port {
            guard port.first == ":", UInt16(port.dropFirst()) != nil else { return nil }
        }
        return bytes(String(text)).flatMap(Self.text)
    }

    func isTrusted(_ address: String) -> Bool {
        guard let bytes = Self.bytes(address) else { return false }
        return networks.contains { $0.contains(bytes) }
    }

    private static func text(_ bytes: [UInt8]) -> String? {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = bytes.count == 4 ? AF_INET : AF_INET6
        guard inet_ntop(family, bytes, &buffer, socklen_t(buffer.count)) != nil else { return nil }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// The bytes of an IP address in network order; an IPv4 address inside of IPv6 counts as IPv4.
    private static func bytes(_ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
        guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        return bytes.starts(with: mapped) ? Array(bytes[12...]) : bytes
    }
}
