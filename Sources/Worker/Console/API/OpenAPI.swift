internal import Hummingbird

/// `GET /api/openapi.json`: what the API is, for programs.
enum OpenAPI {
    static let document = String(decoding: PackageResources.openapi_json, as: UTF8.self)

    static var routes: [Route] {
        [
            Route(.get, "/api/openapi.json") { _ in
                Answer.json(document, headers: [.cacheControl: "max-age=300"])
            }
        ]
    }
}
