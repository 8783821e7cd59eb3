/// An HTTP response as a test looks at it.
public struct HTTPReply: Sendable {
    public let status: Int
    public let reason: String
    /// In the order of the wire, names as sent.
    public let headers: [(name: String, value: String)]
    public let body: [UInt8]

    /// The body as text; invalid UTF-8 is replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The first header of that name, in any case.
    public func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// Reads responses off the bytes of a connection. Strict: tests want to see what is wrong.
enum HTTPReplyParser {
    /// - Parameter ended: Whether the server has closed its side: then a body without a length is complete.
    /// - Returns: The reply and how many bytes it took, or nil when more bytes are needed.
    /// - Throws: ``TestSupportError`` when the bytes are no HTTP response.
    static func parse(_ bytes: [UInt8], ended: Bool, bodiless: Bool = false) throws -> (HTTPReply, Int)? {
        guard let headEnd = find([13, 10, 13, 10], in: bytes, from: 0) else {
            if let first = bytes.first, first != UInt8(ascii: "H") {
                throw TestSupportError("no HTTP response: \(String(decoding: bytes.prefix(200), as: UTF8.self))")
            }
            return nil
        }
        let lines = String(decoding: bytes[..<headEnd], as: UTF8.self).split(separator: "\r\n")
        let status = lines.first?.split(separator: " ", maxSplits: 2) ?? []
        guard status.count >= 2, status[0].hasPrefix("HTTP/1."), let code = Int(status[1]) else {
            throw TestSupportError("no HTTP status line: \(lines.first ?? "")")
        }
        let headers = try lines.dropFirst().map { line in
            guard let colon = line.firstIndex(of: ":") else { throw TestSupportError("no HTTP header: \(line)") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            return (name: String(line[..<colon]), value: String(value))
        }
        func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }
        func reply(_ body: [UInt8], end: Int) -> (HTTPReply, Int) {
            let reason = status.count > 2 ? String(status[2]) : ""
            return (HTTPReply(status: code, reason: reason, headers: headers, body: body), end)
        }
        let start = headEnd + 4
        if code < 200 || code == 204 || code == 304 || bodiless { return reply([], end: start) }
        if header("transfer-encoding")?.lowercased() == "chunked" {
            return try chunked(bytes, from: start).map { reply($0.body, end: $0.end) }
        }
        if let text = header("content-length") {
            guard let length = Int(text) else { throw TestSupportError("no content length: \(text)") }
            return bytes.count >= start + length
                ? reply(Array(bytes[start..<start + length]), end: start + length) : nil
        }
        return ended ? reply(Array(bytes[start...]), end: bytes.count) : nil
    }

    private static func chunked(_ bytes: [UInt8], from start: Int) throws -> (body: [UInt8], end: Int)? {
        var body: [UInt8] = []
        var position = start
        while let lineEnd = find([13, 10], in: bytes, from: position) {
            let line = String(decoding: bytes[position..<lineEnd], as: UTF8.self)
            guard let size = Int(line.split(separator: ";").first ?? "", radix: 16) else {
                throw TestSupportError("no chunk size: \(line)")
            }
            position = lineEnd + 2
            guard bytes.count >= position + size + 2 else { return nil }
            if size == 0 { return (body, position + 2) }
            body += bytes[position..<position + size]
            position += size + 2
        }
        return nil
    }

    private static func find(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= start + pattern.count else { return nil }
        for index in start...(bytes.count - pattern.count) where bytes[index] == pattern[0] {
            if bytes[index..<index + pattern.count].elementsEqual(pattern) { return index }
        }
        return nil
    }
}
