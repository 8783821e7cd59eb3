internal import ConsolePages
internal import QueueAdministration

/// A message as it was typed into a form.
struct SendForm: Sendable {
    let draft: SendDraft
    /// So that a form that is sent twice is one message.
    let key: String?

    init(_ form: FormFields) {
        func text(_ name: String) -> String { (form[name] ?? "").replacing("\r\n", with: "\n").trimmed }
        draft = SendDraft(
            type: text("type") == "text" ? "text" : "quote_link", to: text("to"), body: text("body"),
            quoteID: text("quote_id"), quoteURL: text("quote_url"), button: text("button"))
        let once = text("once")
        let isKey = (1...64).contains(once.utf8.count) && once.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        // A quote link is named by its quote: pressed in two windows it goes out once.
        key = isKey && draft.type == "text" ? "console:\(once)" : nil
    }

    /// The same request as the API takes.
    func json(conversation: Int64?) -> [UInt8] {
        var members: [(String, JSONOutput)] = [("type", .text(draft.type))]
        if let conversation {
            members.append(("conversation_id", .integer(conversation)))
        } else {
            members.append(("to", .text(draft.to.filter { !" ()-.".contains($0) })))
        }
        if draft.type == "text" {
            members.append(("body", .text(draft.body)))
        } else {
            members.append(("quote", .object([("id", .text(draft.quoteID)), ("url", .text(draft.quoteURL))])))
            if !draft.body.isEmpty { members.append(("body", .text(draft.body))) }
            if !draft.button.isEmpty { members.append(("button", .text(draft.button))) }
        }
        return Array(JSONOutput.object(members).line.utf8)
    }
}
