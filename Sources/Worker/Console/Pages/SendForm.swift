internal import ConsolePages
internal import Outbound
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

    /// What is wrong, in the words of the form.
    func words(_ refusal: SendRefusal) -> String {
        FieldWords.text(SendLabels.label(of: refusal.field, isText: draft.type == "text"), refusal.rule)
    }

    func words(_ conflict: SendConflict) -> String {
        guard draft.type != "text" else {
            return "This form was sent before, with another text. Load the page again to send one more."
        }
        let labels = conflict.fields.compactMap { SendLabels.label(of: $0, isText: false) }
        return "This customer got a quote with this number before, with another "
            + (labels.isEmpty ? "content" : labels.map { "“\($0)”" }.joined(separator: ", "))
            + ". Give this one another quote number."
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
