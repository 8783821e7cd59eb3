internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// One request as the routes see it.
struct Call: Sendable {
    /// Bytes that are read of a body.
    static let bodyLimit = 128 * 1_024

    let request: Request
    let parameters: [String: String]
    /// Whom it came from.
    let client: String

    var query: FormFields { FormFields(request.uri.query ?? "") }

    /// A part of the path; empty if the route has none of this name.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    func header(_ name: HTTPField.Name) -> String? { request.headers[name] }

    func body() async throws -> [UInt8] {
        if let length = header(.contentLength).flatMap({ Int($0) }), length > Self.bodyLimit {
            throw Problem.tooLarge(Self.bodyLimit)
        }
        do {
            return Array(buffer: try await request.body.collect(upTo: Self.bodyLimit))
        } catch is NIOTooManyBytesError {
            throw Problem.tooLarge(Self.bodyLimit)
        }
    }

    /// How many rows a page has.
    func limit(default standard: Int = 50, most: Int = 200) throws(Problem) -> Int {
        guard let text = query["limit"] else { return standard }
        guard let limit = Int(text), (1...most).contains(limit) else {
            throw Problem.badRequest("limit: expected a whole number from 1 to \(most)")
        }
        return limit
    }
}
