import ArgumentParser
import QueueAdministration

/// The parts of a request as options of `worker send`. They become the same JSON as every other way in carries, and are
/// checked by the same rules.
struct SendOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Phone number with + and country code.", valueName: "number"))
    var to: String?
    @Option(help: ArgumentHelp("Business-scoped user id, where there is no phone number.", valueName: "id"))
    var recipient: String?
    @Option(help: ArgumentHelp("Instead of both: a conversation whose customer is meant.", valueName: "id"))
    var conversationId: String?

    @Option(help: ArgumentHelp("Send a quote link: the quote's id.", valueName: "id"))
    var quoteId: String?
    @Option(help: ArgumentHelp("The quote's version.", valueName: "number"))
    var quoteVersion: Int64?
    @Option(help: "The quote's link.")
    var url: String?
    @Option(help: "What goes with the link.")
    var body: String?
    @Option(help: "The button's caption.")
    var button: String?

    @Option(help: "Send this text.")
    var text: String?

    @Option(help: ArgumentHelp("Send this template.", valueName: "name"))
    var template: String?
    @Option(help: "The template's language, such as en_US.")
    var language: String?
    @Option(name: .customLong("variable"), help: "A value for the template, once for each placeholder.")
    var variables: [String] = []

    @Option(help: ArgumentHelp("Answer the message of this wamid.", valueName: "wamid"))
    var replyTo: String?
    @Option(help: ArgumentHelp("Not before, such as 2026-12-01T12:00:00Z.", valueName: "time"))
    var sendAt: String?
    @Option(help: ArgumentHelp("Not after.", valueName: "time"))
    var expiresAt: String?
    @Option(help: "resend or hold: what if nobody can know whether it went out.")
    var onUnknown: String?
    @Option(help: "template, wait or fail: what if the customer's 24 hours are over.")
    var onClosed: String?

    /// Whether anything was given.
    var isEmpty: Bool { members(type: nil).isEmpty }

    func validate() throws {
        guard [quoteId, text, template].compactMap({ $0 }).count <= 1 else {
            throw ValidationError("Give one of --quote-id, --text and --template.")
        }
    }

    /// The request as JSON.
    func json() throws -> String {
        let type = quoteId != nil ? "quote_link" : text != nil ? "text" : template != nil ? "template" : nil
        guard let type else {
            throw ValidationError("Give one of --quote-id, --text, --template and --request-stdin.")
        }
        return JSONOutput.object(members(type: type)).line
    }

    private func members(type: String?) -> [(String, JSONOutput)] {
        var members: [(String, JSONOutput)] = []
        func add(_ name: String, _ value: String?) {
            if let value { members.append((name, .text(value))) }
        }
        add("type", type)
        add("to", to)
        add("recipient", recipient)
        add("conversation_id", conversationId)
        var quote: [(String, JSONOutput)] = []
        if let quoteId { quote.append(("id", .text(quoteId))) }
        if let quoteVersion { quote.append(("version", .integer(quoteVersion))) }
        if let url { quote.append(("url", .text(url))) }
        if !quote.isEmpty { members.append(("quote", .object(quote))) }
        add("body", text ?? body)
        add("button", button)
        if template != nil || language != nil || !variables.isEmpty {
            var parts: [(String, JSONOutput)] = []
            if let template { parts.append(("name", .text(template))) }
            if let language { parts.append(("language", .text(language))) }
            if !variables.isEmpty { parts.append(("variables", .list(variables.map { .text($0) }))) }
            members.append(("template", .object(parts)))
        }
        add("reply_to", replyTo)
        add("send_at", sendAt)
        add("expires_at", expiresAt)
        add("on_unknown", onUnknown)
        add("on_closed", onClosed)
        return members
    }
}
