import GraphSimulator
import TestSupport

/// The conversation that is played, and what of it must be found stored.
struct Screenplay: Sendable {
    struct Line: Sendable {
        let webhook: Webhook
        let type: String
        /// What the stored text must contain.
        let text: [String]
    }

    static let number = BusinessNumber()
    /// What the customer sends a picture of.
    static let photo = SimulatedFile(SamplePhoto.png(), id: "1003383421387256")
    static let customer = Customer(name: "Ana Müller", waID: "16505551234", userID: "US.13491208655302741918")

    let player: CustomerPlayer
    let lines: [Line]

    /// - Parameter now: Seconds since 1970; the messages were written during the last minute.
    init(appSecret: String, now: Int) {
        let player = CustomerPlayer(customer: Self.customer, number: Self.number, appSecret: appSecret)
        let messages: [(CustomerMessage, [String])] = [
            (
                .text("Hi! What would three new windows cost? Each is 1.20 × 1.40 m 🪟"),
                ["Hi! What would three new windows cost? Each is 1.20 × 1.40 m 🪟"]
            ),
            (.file(Self.photo, caption: "This is one of the old ones"), ["This is one of the old ones"]),
            (
                .location(
                    latitude: 37.7955, longitude: -122.3937, name: "Home",
                    address: "Harbour Street 12, San Francisco"),
                ["[location]", "Home", "Harbour Street 12"]
            ),
            (.buttonReply(id: "quote-yes", title: "Yes, send me the quote"), ["Yes, send me the quote"]),
        ]
        self.player = player
        lines = messages.enumerated().map { index, message in
            let timestamp = now - 10 * (messages.count - index)
            return Line(
                webhook: player.webhook(message.0, timestamp: timestamp), type: message.0.type, text: message.1)
        }
    }

    /// A message that people can post themselves, with a wamid of its own.
    var example: Webhook { player.webhook(.text("And how soon could you come by?")) }

    /// Posts each line once, to one Ingress after the other, and the first line a second time, as Meta does when it
    /// believes an answer lost.
    /// - Returns: What went wrong.
    func play(ports: [Int]) async throws -> [String] {
        var problems: [String] = []
        for (index, line) in (lines + lines.prefix(1)).enumerated() {
            let port = ports[index % ports.count]
            let again = index == lines.count
            let reply = try await player.post(line.webhook.body, toPort: port)
            Terminal.show(
                "  POST :\(port)  \(line.type)\(again ? " (the first one again)" : "")  →  \(reply.status)")
            if reply.status != 200 {
                problems.append("the \(line.type) message was answered with \(reply.status), not 200")
            }
        }
        return problems
    }
}
