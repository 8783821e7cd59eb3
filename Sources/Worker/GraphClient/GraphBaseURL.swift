/// `https://host[:port]`, or `http` on loopback: tokens go there, so nothing else is let through.
struct GraphBaseURL: Sendable, Equatable {
    struct Refusal: Error, Equatable {
        /// Reads well after the variable's name. Never repeats the URL: it may hold a password.
        let problem: String
    }

    /// Without a slash at the end, the scheme in lower case.
    let text: String

    init(_ url: String) throws(Refusal) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Refusal(problem: "contains a space, a control character or a letter beyond ASCII")
        }
        guard let separator = url.firstRange(of: "://") else { throw Refusal(problem: "does not start with https://") }
        let scheme = url[..<separator.lowerBound].lowercased()
        var authority = url[separator.upperBound...]
        if authority.last == "/" { authority.removeLast() }
        guard !authority.contains("@") else { throw Refusal(problem: "contains a user name or password") }
        guard !authority.contains(where: { "/?#\\%".contains($0) }) else {
            throw Refusal(problem: "contains more than scheme, host and port")
        }
        let host = try Self.host(authority)
        switch scheme {
        case "https": break
        case "http":
            guard Self.isLoopback(host) else { throw Refusal(problem: "is http, but its host is not this machine") }
        case _: throw Refusal(problem: "does not start with https://")
        }
        text = scheme + "://" + authority
    }

    private static func host(_ authority: Substring) throws(Refusal) -> Substring {
        if authority.first == "[" {
            guard let bracket = authority.firstIndex(of: "]") else {
                throw Refusal(problem: "has an IPv6 address without its closing bracket")
            }
            let host = authority[authority.index(after: authority.startIndex)..<bracket]
            let isAddress = !host.isEmpty && host.allSatisfy { $0 == ":" || $0 == "." || $0.isHexDigit }
            guard isAddress else { throw Refusal(problem: "has brackets around something that is not an IPv6 address") }
            try checkPort(authority[authority.index(after: bracket)...])
            return host
        }
        let end = authority.firstIndex(of: ":") ?? authority.endIndex
        let host = authority[..<end]
        guard !host.isEmpty else { throw Refusal(problem: "has no host") }
        guard host.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "-" || $0 == "." || $0 == "_" }) else {
            throw Refusal(problem: "has a host with other characters than letters, digits, '-' and '.'")
        }
        try checkPort(authority[end...])
        return host
    }

    /// - Parameter tail: What follows the host: nothing, or a colon and the port.
    private static func checkPort(_ tail: Substring) throws(Refusal) {
        guard !tail.isEmpty else { return }
        let digits = tail.dropFirst()
        guard tail.first == ":", digits.allSatisfy(\.isNumber), let port = Int(digits), (1...65_535).contains(port)
        else { throw Refusal(problem: "has a port that is not a number from 1 to 65535") }
    }

    private static func isLoopback(_ host: Substring) -> Bool {
        let host = host.lowercased()
        if host == "localhost" || host == "::1" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }
}
