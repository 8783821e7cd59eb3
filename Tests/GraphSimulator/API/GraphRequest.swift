import Foundation
import NIOHTTP1

/// A request as it reached the simulator.
public struct GraphRequest: Sendable {
    public var method: String
    /// Path without the query.
    public var path: String
    public var query: String
    public var body: [UInt8]
    /// In milliseconds of a clock that never jumps.
    public internal(set) var receivedAt: Int64 = 0
    let fields: HTTPHeaders

    init(method: String, path: String, query: String = "", fields: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
        self.method = method
        self.path = path
        self.query = query
        self.fields = fields
        self.body = body
    }

    init(head: HTTPRequestHead, body: [UInt8]) {
        let uri = head.uri
        let mark = uri.utf8.firstIndex(of: UInt8(ascii: "?"))
        self.init(
            method: head.method.rawValue, path: mark.map { String(uri[..<$0]) } ?? uri,
            query: mark.map { String(uri[uri.utf8.index(after: $0)...]) } ?? "", fields: head.headers, body: body)
    }

    /// Names in lower case.
    public var headers: [String: String] {
        Dictionary(fields.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { _, last in last })
    }

    /// The token of `Authorization: Bearer …`.
    public var bearerToken: String? {
        guard let value = fields.first(name: "authorization") else { return nil }
        if value.hasPrefix("Bearer ") { return String(value.dropFirst(7)) }
        let parts = value.split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }

    /// The values of the query, percent-decoded.
    var parameters: [String: String] {
        var parameters: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard let name = parts.first?.removingPercentEncoding else { continue }
            parameters[name] = parts.count == 2 ? parts[1].removingPercentEncoding ?? "" : ""
        }
        return parameters
    }
}
