/// What a customer sends: the part of a message's JSON that depends on its type.
public enum CustomerMessage: Sendable {
    case text(String)
    case image(caption: String?, mediaID: String = "1003383421387256")
    case file(SimulatedFile, caption: String?)
    case location(latitude: Double, longitude: Double, name: String?, address: String?)
    case buttonReply(id: String, title: String)
    /// Any other type, with its body as it stands.
    case other(type: String, body: MetaJSON?)

    /// Meta's name for the type.
    public var type: String {
        switch self {
        case .text: "text"
        case .image: "image"
        case .file(let file, _): file.messageType
        case .location: "location"
        case .buttonReply: "interactive"
        case .other(let type, _): type
        }
    }

    var body: MetaJSON? {
        switch self {
        case .text(let text):
            return .object([("body", .string(text))])
        case .image(let caption, let mediaID):
            return .members([
                ("caption", caption.map(MetaJSON.string)), ("mime_type", .string("image/jpeg")),
                ("sha256", .string("SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI=")), ("id", .string(mediaID)),
            ])
        case .file(let file, let caption):
            return .members([
                ("caption", caption.map(MetaJSON.string)), ("filename", file.filename.map(MetaJSON.string)),
                ("mime_type", .string(file.mimeType)), ("sha256", .string(file.sha256)), ("id", .string(file.id)),
            ])
        case .location(let latitude, let longitude, let name, let address):
            return .members([
                ("latitude", .number(latitude)), ("longitude", .number(longitude)), ("name", name.map(MetaJSON.string)),
                ("address", address.map(MetaJSON.string)),
            ])
        case .buttonReply(let id, let title):
            return .object([
                ("type", .string("button_reply")),
                ("button_reply", .object([("id", .string(id)), ("title", .string(title))])),
            ])
        case .other(_, let body):
            return body
        }
    }
}
