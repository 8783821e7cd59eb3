import LenientJSON

/// The words of a message; where it has none, words for it: `[what] details`.
struct MessageText {
    let message: JSONValue
    let type: String
    let errors: [ReportedError]

    /// Lists stop after this many names; the rest is counted.
    private static let longestList = 10

    var rendered: String {
        guard let known = MessageType(rawValue: type) else { return unknown }
        // The body of a message stands under its type's name.
        let body = message[type]
        switch known {
        case .text:
            return body?["body"]?.lenientText ?? body?.lenientText ?? label("text", explanation)
        case .image, .video, .sticker:
            return body?.text("caption") ?? label(type, explanation)
        case .audio:
            let isVoice = body?["voice"]?.lenientBool ?? false
            return body?.text("caption") ?? label(isVoice ? "voice message" : type, explanation)
        case .document:
            return body?.text("caption") ?? label(type, body?.text("filename") ?? explanation)
        case .location:
            return label(type, body.flatMap(place) ?? explanation)
        case .contacts:
            return contacts(body)
        case .interactive:
            return body.flatMap(reply) ?? label(type, explanation)
        case .button:
            return body?.text("text") ?? body?.text("payload") ?? label(type, explanation)
        case .reaction:
            return body?.text("emoji").map { label(type, $0) } ?? "[reaction removed]"
        case .order:
            return order(body)
        case .system:
            return label(type, body?.text("body") ?? body?.text("type") ?? explanation)
        case .unsupported:
            return label(type, body?.text("type") ?? body?.lenientText ?? explanation)
        case .requestWelcome:
            return "[chat opened]"
        case .edit:
            guard let edited = body?["message"], edited.isObject else { return label(type, explanation) }
            let inner = MessageType.name(of: edited)
            // An edit inside an edit is nothing that Meta sends; not following it keeps this free of recursion.
            if inner == MessageType.edit.rawValue { return label(type, nil) }
            return MessageText(message: edited, type: inner, errors: []).rendered
        case .revoke:
            return "[message deleted]"
        }
    }

    /// A type that is not documented: its name, and the first words that its body or its errors have.
    private var unknown: String {
        guard let body = message[type] else { return label(type, explanation) }
        let words =
            body.lenientText ?? body.text("body") ?? body.text("text") ?? body.text("caption") ?? body.text("title")
            ?? body.text("name")
        return label(type, words ?? explanation)
    }

    private var explanation: String? {
        errors.first?.explanation
    }

    private func label(_ what: String, _ details: String?) -> String {
        guard let details, !details.isEmpty else { return "[\(what)]" }
        return "[\(what)] \(details)"
    }

    private func place(_ location: JSONValue) -> String? {
        let named = [location.text("name"), location.text("address")].compactMap { $0 }
        if !named.isEmpty { return named.joined(separator: ", ") }
        guard let latitude = location.text("latitude"), let longitude = location.text("longitude") else {
            return location.text("url")
        }
        return "\(latitude), \(longitude)"
    }

    private func contacts(_ cards: JSONValue?) -> String {
        var names: [String] = []
        var count = 0
        for card in (cards?.elements).map(Array.init) ?? [] {
            count += 1
            if names.count < Self.longestList, let name = name(on: card) { names.append(name) }
        }
        if names.isEmpty, let explanation { names.append(explanation) }
        if count > Self.longestList { names.append("and \(count - Self.longestList) more") }
        return label(count > 1 ? "contacts" : "contact", names.joined(separator: ", "))
    }

    private func name(on card: JSONValue) -> String? {
        if let name = card["name"] {
            if let whole = name.text("formatted_name") ?? name.lenientText, !whole.isEmpty { return whole }
            let parts = [name.text("first_name"), name.text("last_name")].compactMap { $0 }
            if !parts.isEmpty { return parts.joined(separator: " ") }
        }
        let phone = card["phones"]?.elements.first { _ in true }
        let email = card["emails"]?.elements.first { _ in true }
        return card["org"]?.text("company") ?? phone?.text("phone") ?? phone?.text("wa_id") ?? email?.text("email")
    }

    private func reply(_ interactive: JSONValue) -> String? {
        let kinds: [StaticString] = ["button_reply", "list_reply"]
        for kind in kinds {
            if let reply = interactive[kind], let words = reply.text("title") ?? reply.text("id") { return words }
        }
        if let form = interactive["nfm_reply"] { return label("form", form.text("body") ?? form.text("name")) }
        if let answer = interactive["call_permission_reply"] {
            return label("call permission", answer.text("response"))
        }
        return interactive.text("type").map { label("interactive", $0) }
    }

    private func order(_ order: JSONValue?) -> String {
        let count = order?["product_items"]?.elements.reduce(0) { sum, _ in sum + 1 } ?? 0
        let items = count == 1 ? "1 item" : "\(count) items"
        return label("order", order?.text("text").map { "\(items): \($0)" } ?? items)
    }
}
