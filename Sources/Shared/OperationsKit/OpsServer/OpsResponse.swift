internal import NIOHTTP1

/// A whole answer of the ops server.
struct OpsResponse: Sendable, Equatable {
    var status: HTTPResponseStatus
    var contentType = "text/plain; charset=utf-8"
    var body: String
    /// Whether the connection ends with this answer.
    var closes = false

    static func plain(_ status: HTTPResponseStatus, _ line: String, closes: Bool = false) -> OpsResponse {
        OpsResponse(status: status, body: line.onOneLine + "\n", closes: closes)
    }
}
