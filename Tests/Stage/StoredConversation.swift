import Foundation
import GraphSimulator
import TestSupport

/// What Postgres holds of the conversation that was played.
struct StoredConversation: Sendable {
    struct Message: Sendable {
        let conversation: String
        let customer: String
        let wamid: String
        let type: String
        let text: String
        let at: String
        let media: String
        let direction: String
        /// What became of its file: `pending`, `stored` or `failed`; empty if it has none.
        let file: String
    }

    let messages: [Message]
    /// `phone 1650…`, `user_id US.…`
    let identities: [String]
    let unrouted: Int

    /// Reads all messages, oldest first.
    static func read(from postgres: PostgresServer, _ url: String) async throws -> StoredConversation {
        let rows = try await postgres.rows(
            """
            select m.conversation_id, coalesce(c.customer_name, ''), coalesce(m.wamid, ''), m.type,
                   coalesce(m.text, ''), to_char(m.sent_at, 'HH24:MI:SS'),
                   coalesce(concat_ws(', ', m.media_id, m.media_mime_type), ''), m.direction, coalesce(f.state, '')
            from whatsapp_messages m join whatsapp_conversations c on c.id = m.conversation_id
            left join whatsapp_media f on f.message_id = m.id
            order by m.sent_at, m.id
            """, on: url)
        let identities = try await postgres.rows(
            "select kind || ' ' || value from whatsapp_identities order by kind, value", on: url)
        let unrouted = try await postgres.sql("select count(*) from whatsapp_unrouted", on: url)
        return StoredConversation(
            messages: rows.map { row in
                let fields = row.map { $0 ?? "" } + Array(repeating: "", count: 9)
                return Message(
                    conversation: fields[0], customer: fields[1], wamid: fields[2], type: fields[3], text: fields[4],
                    at: fields[5], media: fields[6], direction: fields[7], file: fields[8])
            },
            identities: identities.compactMap { $0.first ?? nil }, unrouted: Int(unrouted) ?? -1)
    }

    /// What differs from what was played; empty when all is there, once.
    func problems(against screenplay: Screenplay) -> [String] {
        var problems: [String] = []
        for line in screenplay.lines {
            let found = messages.filter { $0.wamid == line.webhook.wamid }
            guard let message = found.first, found.count == 1 else {
                problems.append("the \(line.type) message is stored \(found.count) times, not once")
                continue
            }
            if message.type != line.type {
                problems.append("the \(line.type) message is stored with the type \(message.type)")
            }
            for text in line.text where !message.text.contains(text) {
                problems.append("the \(line.type) message's text is “\(message.text)”, without “\(text)”")
            }
            if line.type == "image" && !message.media.contains(Screenplay.photo.id) {
                problems.append("the image's media reference is not stored")
            }
            if line.type == "image" && message.file != "stored" {
                problems.append("the image itself is \(message.file.isEmpty ? "not looked after" : message.file)")
            }
        }
        let order = messages.map(\.wamid)
        if problems.isEmpty && order != screenplay.lines.map(\.webhook.wamid) {
            problems.append("there are \(messages.count) messages, not the \(screenplay.lines.count) played, in order")
        }
        if Set(messages.map(\.conversation)).count > 1 {
            problems.append("the messages are spread over several conversations")
        }
        if let message = messages.first, message.customer != Screenplay.customer.name {
            problems.append("the customer's name is stored as “\(message.customer)”")
        }
        if unrouted != 0 { problems.append("whatsapp_unrouted holds \(unrouted) changes, not 0") }
        return problems
    }

    func show() {
        guard let first = messages.first else { return Terminal.show("  (nothing stored)") }
        Terminal.show(
            "  Conversation \(first.conversation) with \(first.customer) · \(identities.joined(separator: " · "))")
        for message in messages {
            let arrow = message.direction == "inbound" ? "←" : "→"
            let type = message.type.padding(toLength: 12, withPad: " ", startingAt: 0)
            let media =
                message.media.isEmpty
                ? "" : "   (media \(message.media)\(message.file.isEmpty ? "" : ", \(message.file)"))"
            Terminal.show("  \(message.at) \(arrow) \(type) \(message.text)\(media)")
        }
    }
}
