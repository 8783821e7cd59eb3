internal import LenientJSON

/// Reads the members of a request; the rules for each stand here.
struct RequestReader {
    private static let common = [
        "type", "to", "recipient", "conversation_id", "reply_to", "send_at", "expires_at", "on_unknown", "on_closed",
    ]
    private static let types = "quote_link, text or template"

    private let root: JSONValue
    private let fields: RequestFields
    private let envelope: [String]

    init(_ root: JSONValue, envelope: [String]) {
        self.root = root
        self.envelope = envelope
        fields = RequestFields(root)
    }

    func request(type given: String?) throws(SendRefusal) -> SendRequest {
        guard root.isObject else { throw SendRefusal(.wrongType, "", "The request is not a JSON object.") }
        let type = try type(given)
        var request: SendRequest
        switch type {
        case "quote_link":
            try allow(["quote", "body", "button"], type)
            request = SendRequest(content: .quoteLink(try quoteLink()), onUnknown: .resend)
        case "text":
            try allow(["body", "preview_url"], type)
            request = SendRequest(content: .text(try text()), onUnknown: .hold)
        case "template":
            try allow(["template"], type)
            request = SendRequest(content: .template(try template()), onUnknown: .hold)
        case _:
            throw SendRefusal(.unknownType, "type", "is unknown; expected \(Self.types)")
        }
        try addressee(of: &request)
        request.replyTo = try fields.identifier("reply_to", longest: SendRequest.Limit.identifier)
        request.sendAt = try fields.time("send_at")
        request.expiresAt = try fields.time("expires_at")
        if let choice = try fields.choice("on_unknown", OnUnknown.self) { request.onUnknown = choice }
        request.onClosed = try fields.choice("on_closed", OnClosed.self)
        try checkTogether(request)
        return request
    }

    private func type(_ given: String?) throws(SendRefusal) -> String {
        guard let value = fields.value("type") else {
            return try fields.required("type", given, Self.types)
        }
        guard let text = value.string else { throw SendRefusal(.wrongType, "type", "expected \(Self.types)") }
        guard given == nil || given == text else {
            throw SendRefusal(.invalidValue, "type", "differs from the type of the job that carries the request")
        }
        return text
    }

    private func allow(_ own: [String], _ type: String) throws(SendRefusal) {
        try fields.allowOnly(Self.common + own + envelope, of: "a \(type) request")
    }

    private func addressee(of request: inout SendRequest) throws(SendRefusal) {
        request.conversationID = try fields.integer("conversation_id", in: 1...Int64.max)
        if let value = fields.value("to") {
            guard let text = value.string else {
                throw SendRefusal(.wrongType, "to", "\(Recipient.phoneExpectation), in quotes")
            }
            guard let phone = Recipient(phone: text) else {
                throw SendRefusal(.invalidRecipient, "to", Recipient.phoneExpectation)
            }
            request.recipient = phone
        }
        if let value = fields.value("recipient") {
            guard request.recipient == nil else {
                throw SendRefusal(.invalidRecipient, "recipient", "stands beside to; expected only one of them")
            }
            guard let text = value.string, let user = Recipient(user: text) else {
                throw SendRefusal(.invalidRecipient, "recipient", Recipient.userExpectation)
            }
            request.recipient = user
        }
        guard request.recipient != nil || request.conversationID != nil else {
            throw SendRefusal(
                .missingField, "to", "is missing; \(Recipient.phoneExpectation), or recipient or conversation_id")
        }
    }

    private func quoteLink() throws(SendRefusal) -> QuoteLink {
        let quote = try fields.required("quote", try fields.object("quote"), "an object with id and url")
        try quote.allowOnly(["id", "version", "url", "expires_at"], of: "a quote")
        let id = try quote.required(
            "id", try quote.text("id", longest: SendRequest.Limit.quoteID), "the quote's id, a text")
        let url = try quote.required(
            "url", try quote.text("url", longest: LinkRule.longest), "the link to the quote")
        _ = try LinkRule.host(of: url, field: quote.name(of: "url"))
        let version = try quote.integer("version", in: 1...Int64(Int32.max)) ?? 1
        return QuoteLink(
            quoteID: id, version: Int32(clamping: version), url: url, expiresAt: try quote.time("expires_at"),
            body: try fields.text("body", longest: SendRequest.Limit.quoteBody, lines: true),
            button: try fields.text("button", longest: SendRequest.Limit.button) ?? QuoteLink.standardButton)
    }

    private func text() throws(SendRefusal) -> TextContent {
        let body = try fields.text("body", longest: SendRequest.Limit.text, lines: true)
        return TextContent(
            body: try fields.required("body", body, "the message's text"),
            previewURL: try fields.bool("preview_url") ?? true)
    }

    private func template() throws(SendRefusal) -> TemplateContent {
        let template = try fields.required(
            "template", try fields.object("template"), "an object with name and language")
        try template.allowOnly(["name", "language", "variables", "url_suffix"], of: "a template")
        return TemplateContent(
            name: try template.required(
                "name", try template.identifier("name", longest: SendRequest.Limit.identifier), "the template's name"),
            language: try template.required(
                "language", try template.identifier("language", longest: 20), "a language code, such as en_US"),
            variables: try template.texts(
                "variables", most: SendRequest.Limit.variables, longest: SendRequest.Limit.variable) ?? [],
            urlSuffix: try template.identifier("url_suffix", longest: LinkRule.longest))
    }

    private func checkTogether(_ request: SendRequest) throws(SendRefusal) {
        if case .text = request.content, request.onClosed == .template {
            throw SendRefusal(
                .invalidValue, "on_closed", "a text cannot go out as a template; expected wait or fail")
        }
        if let sendAt = request.sendAt, let deadline = request.deadline, sendAt >= deadline {
            throw SendRefusal(.invalidTime, "send_at", "is not before the request's end (expires_at)")
        }
    }
}
