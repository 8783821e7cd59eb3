import LenientJSON

/// The types that Meta documents. Any other one is stored all the same, under the name that Meta wrote.
enum MessageType: String, CaseIterable {
    case text, image, video, audio, document, sticker, location, contacts, interactive, button, reaction, order, system
    case unsupported, edit, revoke
    case requestWelcome = "request_welcome"

    static let unknownName = "unknown"

    /// `type` as written; where it is missing, the type whose body the message has.
    static func name(of message: JSONValue) -> String {
        if let written = message.identifier("type") { return written }
        return allCases.first { message[$0.rawValue] != nil }?.rawValue ?? unknownName
    }

    var isMedia: Bool {
        switch self {
        case .image, .video, .audio, .document, .sticker: true
        case .text, .location, .contacts, .interactive, .button, .reaction, .order, .system, .unsupported, .edit,
            .revoke, .requestWelcome:
            false
        }
    }
}
