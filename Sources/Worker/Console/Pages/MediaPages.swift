internal import HTTPTypes

/// The files of a thread, for whoever is signed in.
struct MediaPages: Sendable {
    private static let path = "/app/whatsapp/media/"

    let site: PageSite

    var routes: [Route] {
        [
            site.tenant(.get, Self.path + "{id}") { call, visit, _ in
                try await site.services.fileAnswer.response(call, call.parameter("id"), from: visit.database)
            }
        ]
    }

    static func path(of message: String) -> String { path + message }
}
