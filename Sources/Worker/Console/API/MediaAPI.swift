internal import HTTPTypes
internal import Hummingbird

/// `GET /api/whatsapp/media/<id>`: the file that came with a message.
struct MediaAPI: Sendable {
    private static let path = "/api/whatsapp/media/"

    private let services: ConsoleServices
    private let access: Access

    init(_ services: ConsoleServices, _ access: Access) {
        self.services = services
        self.access = access
    }

    var routes: [Route] {
        [
            Route(.get, Self.path + "{id}") { call in
                let caller = try await access.tenant(call)
                return try await services.fileAnswer.response(call, call.parameter("id"), from: caller.database)
            }
        ]
    }

    static func path(of message: String) -> String { path + message }
}
