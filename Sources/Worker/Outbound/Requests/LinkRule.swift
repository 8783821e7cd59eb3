internal import Tenants

/// Which links may go to a customer: https to a named host, without anything that could make the link look like another.
public enum LinkRule {
    public static let expectation = "expected an https link to a named host, such as https://quotes.example.com/q/1001"
    /// Meta's limit for the URL of a button, in bytes: the link is ASCII.
    public static let longest = 2_000
    private static let scheme = Array("https://".utf8)
    /// What may follow a host and its port.
    private static let ends = Array("/?#".utf8)

    /// The link's host in lower case.
    /// - Throws: a refusal that says which part is wrong; never with the link itself.
    public static func host(of link: String, field: String) throws(SendRefusal) -> String {
        let bytes = Array(link.utf8)
        guard bytes.count <= longest else {
            throw SendRefusal(.tooLong, field, "is longer than \(longest) characters")
        }
        guard bytes.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw refusal(
                field,
                "holds spaces, control characters or letters outside ASCII: write them percent-encoded, and an "
                    + "international host as xn--…")
        }
        // Browsers read it as a slash, so what we take for the host need not be the host.
        guard !bytes.contains(UInt8(ascii: "\\")) else { throw refusal(field, "holds a backslash") }
        guard bytes.count >= scheme.count, zip(bytes, scheme).allSatisfy({ lowercased($0) == $1 }) else {
            throw refusal(field, "is not an https link")
        }
        let authority = bytes[scheme.count...].prefix { !ends.contains($0) }
        guard !authority.contains(UInt8(ascii: "@")) else {
            throw refusal(field, "holds a user name or password before its host")
        }
        if authority.first == UInt8(ascii: "[") { throw refusal(field, "has an IP address for its host") }
        let parts = authority.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count <= 2 else { throw refusal(field, "has a host that is none") }
        if parts.count == 2 {
            let port = Int(String(decoding: parts[1], as: UTF8.self)) ?? 0
            guard (1...65_535).contains(port), parts[1].allSatisfy(isDigit) else {
                throw refusal(field, "has a port that is none")
            }
        }
        // What browsers take for an IPv4 address ends in a number, also one in hexadecimal: 127.1, 0x7f000001.
        let label = parts[0].lastIndex(of: UInt8(ascii: ".")).map { parts[0][($0 + 1)...] } ?? parts[0]
        if let first = label.first, isDigit(first) { throw refusal(field, "has an IP address for its host") }
        let host = String(decoding: parts[0].map(lowercased), as: UTF8.self)
        guard HostName.isFull(host) else {
            throw refusal(field, "has a host without a domain, or one that is no host name")
        }
        return host
    }

    /// Whether a tenant's list of hosts lets this one through: an entry is a host, or `*.` and a domain for all hosts
    /// below that. No list allows all.
    public static func allows(_ host: String, hosts: [String]) -> Bool {
        hosts.isEmpty
            || hosts.contains { entry in
                let entry = entry.lowercased()
                return entry.hasPrefix("*.") ? host.hasSuffix(entry.dropFirst()) : host == entry
            }
    }

    private static func refusal(_ field: String, _ problem: String) -> SendRefusal {
        SendRefusal(.invalidLink, field, "\(problem); \(expectation)")
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 { byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte }

    private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
}
