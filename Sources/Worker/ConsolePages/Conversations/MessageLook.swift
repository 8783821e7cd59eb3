/// How a type of message looks: its words without the `[what]` in front, and what stands above them.
struct MessageLook {
    let label: String?
    let icon: String
    let words: String
    /// Not a bubble but a line between them.
    let isNotice: Bool

    init(type: String, text: String?) {
        let (what, rest) = Self.split(text ?? "", type: type)
        switch type {
        case "text", "quote_link": (label, icon, words, isNotice) = (nil, "text", text ?? "", false)
        case "template": (label, icon, words, isNotice) = ("Template", "template", text ?? "", false)
        case "image": (label, icon, words, isNotice) = ("Photo", "image", rest, false)
        case "video": (label, icon, words, isNotice) = ("Video", "video", rest, false)
        case "sticker": (label, icon, words, isNotice) = ("Sticker", "image", rest, false)
        case "audio":
            (label, icon, words, isNotice) = (what == "voice message" ? "Voice message" : "Audio", "audio", rest, false)
        case "document": (label, icon, words, isNotice) = ("Document", "file", rest, false)
        case "location": (label, icon, words, isNotice) = ("Location", "pin", rest, false)
        case "contacts": (label, icon, words, isNotice) = ("Contact", "person", rest, false)
        case "interactive": (label, icon, words, isNotice) = ("Answered", "reply", rest, false)
        case "button": (label, icon, words, isNotice) = ("Pressed a button", "reply", rest, false)
        case "order": (label, icon, words, isNotice) = ("Order", "cart", rest, false)
        case "reaction":
            (label, icon, isNotice) = (nil, "text", true)
            words = rest.isEmpty ? "Took a reaction back" : "Reacted \(rest)"
        case "system":
            (label, icon, words, isNotice) = (nil, "text", rest.isEmpty ? "Changed their account" : rest, true)
        case "request_welcome": (label, icon, words, isNotice) = (nil, "text", "Opened the chat", true)
        case "edit": (label, icon, words, isNotice) = ("Edited a message", "text", rest, false)
        case "revoke": (label, icon, words, isNotice) = (nil, "text", "Deleted a message", true)
        case "unsupported":
            (label, icon, isNotice) = ("Cannot be shown", "alert", false)
            words =
                rest.isEmpty
                ? "WhatsApp does not pass on this kind of message. It is on the business's phone, if it has one."
                : rest
        default: (label, icon, words, isNotice) = ("Message of the kind “\(type)”", "alert", rest, false)
        }
    }

    /// `[location] Main St 1` → `location`, `Main St 1`; brackets that somebody wrote are left alone.
    private static func split(_ text: String, type: String) -> (what: String?, rest: String) {
        guard text.hasPrefix("["), let end = text.firstIndex(of: "]") else { return (nil, text) }
        let what = String(text[text.index(after: text.startIndex)..<end])
        let ours = [type, "voice message", "contact", "contacts", "order", "reaction removed", "chat opened"]
        guard ours.contains(what) else { return (nil, text) }
        return (what, String(text[text.index(after: end)...].drop { $0 == " " }))
    }
}
