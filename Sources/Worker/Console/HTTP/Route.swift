internal import HTTPTypes
internal import Hummingbird

/// One thing that the console answers.
struct Route: Sendable {
    let method: HTTPRequest.Method
    /// With parameters in braces: `/api/whatsapp/messages/{id}`.
    let path: String
    let handle: @Sendable (Call) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, _ handle: @escaping @Sendable (Call) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.handle = handle
    }
}

/// All routes, by path.
struct RouteTable: Sendable {
    private struct Entry {
        let segments: [Substring]
        var routes: [Route]
    }

    private var entries: [Entry] = []

    init(_ routes: [Route]) {
        for route in routes {
            let segments = route.path.split(separator: "/")
            if let index = entries.firstIndex(where: { $0.segments == segments }) {
                entries[index].routes.append(route)
            } else {
                entries.append(Entry(segments: segments, routes: [route]))
            }
        }
    }

    /// The route for a request with its parameters.
    ///
    /// Throws a ``Problem``: 404 where nothing is, 405 where it can be asked otherwise.
    func find(_ method: HTTPRequest.Method, _ path: String) throws(Problem) -> (Route, [String: String]) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for entry in entries {
            guard let parameters = Self.match(entry.segments, parts) else { continue }
            if let route = entry.routes.first(where: { $0.method == method }) { return (route, parameters) }
            if method == .head, let route = entry.routes.first(where: { $0.method == .get }) {
                return (route, parameters)
            }
            throw Problem.methodNotAllowed(entry.routes.map(\.method.rawValue))
        }
        throw Problem.notFound
    }

    private static func match(_ segments: [Substring], _ parts: ArraySlice<Substring>) -> [String: String]? {
        guard segments.count == parts.count else { return nil }
        var parameters: [String: String] = [:]
        for (segment, part) in zip(segments, parts) {
            if segment.hasPrefix("{") {
                guard !part.isEmpty else { return nil }
                parameters[String(segment.dropFirst().dropLast())] = FormFields.decoded(part.utf8, plusIsSpace: false)
            } else if segment != part {
                return nil
            }
        }
        return parameters
    }
}
