import ConsolePages

/// One message of each kind.
struct SampleMessages {
    let mark: String

    var all: [ThreadMessage] {
        let kinds: [(String, String?)] = [
            ("image", "The roof from the street"), ("video", nil), ("audio", "[voice message]"),
            ("document", "[document] plan.pdf"), ("sticker", "[sticker]"),
            ("location", "[location] Main St 1, Springfield"),
            ("contacts", "[contacts] Bob Builder"), ("interactive", "Yes, please call me"), ("button", "Accept"),
            ("order", "[order] 2 items"), ("unsupported", "[unsupported] poll_creation"), ("hologram", "[hologram]"),
            ("system", "[system] Ana changed her number"), ("request_welcome", "[chat opened]"),
        ]
        let statuses = ["queued", "sending", "accepted", "sent", "delivered", "read", "played", "cancelled"]
        var list = [first, quote]
        for (index, kind) in kinds.enumerated() {
            list.append(
                ThreadMessage(
                    id: "k\(index)", isOutbound: false, type: kind.0 + mark(kind.0), text: kind.1.map { $0 + mark },
                    at: PageSamples.ago(80_000 - Int64(index)), status: "received",
                    media: ["image", "video", "audio", "document", "sticker"].contains(kind.0)
                        ? MediaMark(
                            mimeType: kind.0 == "document" ? "application/pdf" + mark : kind.0 + "/x" + mark,
                            filename: kind.0 == "document" ? "plan.pdf" + mark : nil,
                            path: kind.0 == "audio" || kind.0 == "document"
                                ? "/app/whatsapp/media/\(index)" + mark : nil)
                        : nil))
        }
        for (index, status) in statuses.enumerated() {
            list.append(
                ThreadMessage(
                    id: "s\(index)", isOutbound: true, type: "text", text: "This one is \(status)" + mark,
                    at: PageSamples.ago(4000 - Int64(index)), status: status,
                    waitingFor: status == "queued" ? "Waits until the customer writes again." + mark : nil,
                    canCancel: status == "queued"))
        }
        list.append(contentsOf: [answer, revoked, failed, held])
        return list
    }

    /// Only unknown types are shown as Meta wrote them.
    private func mark(_ type: String) -> String { type == "hologram" ? mark : "" }

    private var first: ThreadMessage {
        ThreadMessage(
            id: "1" + mark, wamid: "wamid.1", isOutbound: false, type: "text",
            text: "Hello, could you send me a quote for the roof?\n\nAbout 120 m², two dormers. " + mark,
            at: PageSamples.ago(90_000), status: "received", reactions: [Reaction(emoji: "👍" + mark, isOurs: true)],
            isForwarded: true)
    }

    private var quote: ThreadMessage {
        ThreadMessage(
            id: "2", isOutbound: true, type: "quote_link", text: "Your quote is ready, Ana." + mark,
            at: PageSamples.ago(89_000), status: "read", reactions: [Reaction(emoji: "❤️", isOurs: false)],
            link: LinkMark(
                url: "https://quotes.meyer.example/q/1001" + mark, button: "View quote" + mark, quoteID: "Q-1001" + mark
            ))
    }

    private var answer: ThreadMessage {
        ThreadMessage(
            id: "3", isOutbound: false, type: "text", text: "Thank you, that looks good! When could you start?" + mark,
            at: PageSamples.ago(200), status: "received",
            reply: ReplyContext(author: .us, text: "Your quote is ready, Ana." + mark, messageID: "2" + mark),
            editedAt: PageSamples.ago(100))
    }

    private var revoked: ThreadMessage {
        ThreadMessage(
            id: "4", isOutbound: false, type: "text", text: "secret words", at: PageSamples.ago(150),
            status: "received",
            isRevoked: true)
    }

    private var failed: ThreadMessage {
        ThreadMessage(
            id: "5" + mark, isOutbound: true, type: "text", text: "Next Monday at 8." + mark, at: PageSamples.ago(60),
            status: "failed",
            failure: "The customer's phone is not on WhatsApp, or has not accepted its terms." + mark, canResend: true,
            sentAgainAs: MessageLink(messageID: "7" + mark, conversationID: "41" + mark), isEcho: true)
    }

    private var held: ThreadMessage {
        ThreadMessage(
            id: "6", isOutbound: true, type: "quote_link", text: "Your second quote.", at: PageSamples.ago(20),
            status: "unknown", link: LinkMark(url: "javascript:alert(1)" + mark, button: "View"))
    }
}
