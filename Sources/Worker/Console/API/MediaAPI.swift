internal import HTTPTypes
internal import Hummingbird

/// `GET /api/whatsapp/media/<id>`: the file that came with a message.
struct MediaAPI: Sendable {
    private static let path = "/api/whatsapp/media/"

    let services: ConsoleServices
    let access: Access

    var routes: [Route] {
        [
            access.tenant(.get, Self.path + "{id}") { call, caller in
                try await services.fileAnswer.response(call, call.parameter("id"), from: caller.database)
            }
        ]
    }

    static func path(of message: String) -> String { path + message }
}
