/// One bubble.
public struct ThreadMessage: Sendable {
    public var id: String
    public var wamid: String?
    public var isOutbound: Bool
    /// As stored: `text`, `image`, `quote_link`, …; unknown ones too.
    public var type: String
    public var text: String?
    public var at: PageTime
    /// As stored.
    public var status: String
    public var reply: ReplyContext?
    public var reactions: [Reaction] = []
    public var editedAt: PageTime?
    /// Deleted by its sender; its text is not shown.
    public var isRevoked: Bool = false
    public var isForwarded: Bool = false
    public var media: MediaMark?
    public var link: LinkMark?
    /// Why it did not go out, in plain words.
    public var failure: String?
    /// Why it waits, in plain words.
    public var waitingFor: String?
    public var canResend: Bool = false
    /// The send that took its place; then it is not sent again a second time.
    public var sentAgainAs: MessageLink?
    public var canCancel: Bool = false
    /// Written on the business's own phone.
    public var isEcho: Bool = false

    public init(
        id: String, wamid: String? = nil, isOutbound: Bool, type: String, text: String? = nil, at: PageTime,
        status: String, reply: ReplyContext? = nil, reactions: [Reaction] = [], editedAt: PageTime? = nil,
        isRevoked: Bool = false, isForwarded: Bool = false, media: MediaMark? = nil, link: LinkMark? = nil,
        failure: String? = nil, waitingFor: String? = nil, canResend: Bool = false, sentAgainAs: MessageLink? = nil,
        canCancel: Bool = false, isEcho: Bool = false
    ) {
        self.id = id
        self.wamid = wamid
        self.isOutbound = isOutbound
        self.type = type
        self.text = text
        self.at = at
        self.status = status
        self.reply = reply
        self.reactions = reactions
        self.editedAt = editedAt
        self.isRevoked = isRevoked
        self.isForwarded = isForwarded
        self.media = media
        self.link = link
        self.failure = failure
        self.waitingFor = waitingFor
        self.canResend = canResend
        self.sentAgainAs = sentAgainAs
        self.canCancel = canCancel
        self.isEcho = isEcho
    }

    var values: TemplateValues {
        let look = MessageLook(type: type, text: text)
        let isNotice = look.isNotice && !isRevoked
        let words = look.words.isEmpty || look.words == media?.filename ? nil : look.words
        return [
            "key": "m" + id, "path": "/app/whatsapp/messages/" + FormText.encoded(id), "is_notice": isNotice,
            "side": isOutbound ? "ours" : "theirs", "author": isOutbound ? "You" : "Customer",
            "label": isRevoked ? nil : look.label, "icon": look.icon,
            "words": isRevoked ? nil : words, "is_revoked": isRevoked, "at": at,
            "tick": isOutbound ? MessageTick(status: status).values : nil, "reply": reply?.values,
            "reactions": reactions.map(\.values), "has_reactions": !reactions.isEmpty, "edited_at": editedAt,
            "is_forwarded": isForwarded, "media": isRevoked ? nil : media?.values(of: type),
            "link": isRevoked ? nil : link?.values, "failure": failure, "waiting_for": waitingFor,
            "can_resend": canResend && sentAgainAs == nil, "again": sentAgainAs?.values, "can_cancel": canCancel,
            "is_echo": isEcho,
        ]
    }
}

/// The message that another one answers.
public struct ReplyContext: Sendable {
    public enum Author: Sendable {
        case customer, us
    }

    public var author: Author
    public var text: String
    /// Where it stands, if it is on record.
    public var messageID: String?

    public init(author: Author, text: String, messageID: String? = nil) {
        self.author = author
        self.text = text
        self.messageID = messageID
    }

    var values: TemplateValues {
        let name =
            switch author {
            case .customer: "Customer"
            case .us: "You"
            }
        return [
            "reply_author": name, "reply_text": text, "reply_anchor": messageID.map { "#m" + FormText.encoded($0) },
        ]
    }
}

/// Where another message stands.
public struct MessageLink: Sendable {
    public var messageID: String
    /// Nil: on the same page.
    public var conversationID: String?

    public init(messageID: String, conversationID: String? = nil) {
        self.messageID = messageID
        self.conversationID = conversationID
    }

    var values: TemplateValues {
        let page = conversationID.map { "/app/whatsapp/conversations/" + FormText.encoded($0) } ?? ""
        return ["again_path": "\(page)#m" + FormText.encoded(messageID), "again_id": String(messageID.suffix(6))]
    }
}

public struct Reaction: Sendable {
    public var emoji: String
    public var isOurs: Bool

    public init(emoji: String, isOurs: Bool) {
        self.emoji = emoji
        self.isOurs = isOurs
    }

    var values: TemplateValues { ["emoji": emoji, "by": isOurs ? "You" : "Customer"] }
}

/// A file that came with a message.
public struct MediaMark: Sendable {
    public var mimeType: String?
    public var filename: String?
    /// Where this console serves it; nil: it is not stored here.
    public var path: String?
    /// In bytes.
    public var size: Int64?
    /// Why it is not there, in plain words.
    public var note: String?

    public init(
        mimeType: String? = nil, filename: String? = nil, path: String? = nil, size: Int64? = nil, note: String? = nil
    ) {
        self.mimeType = mimeType
        self.filename = filename
        self.path = path
        self.size = size
        self.note = note
    }

    func values(of type: String) -> TemplateValues {
        let isPicture = ["image/jpeg", "image/png", "image/webp", "image/gif"].contains(mimeType ?? "")
        let name = filename ?? MessageLook(type: type, text: nil).label ?? "File"
        return [
            "file_name": name, "file_given_name": filename, "file_path": path, "file_size": size.map(Self.words),
            "is_image": path != nil && isPicture, "is_file": path != nil && !isPicture, "is_missing": path == nil,
            "file_note": note ?? "The file itself is not kept here.",
        ]
    }

    /// As people say it.
    private static func words(_ bytes: Int64) -> String {
        switch bytes {
        case ..<1_000: "\(bytes) bytes"
        case ..<1_000_000: "\((bytes + 500) / 1_000) kB"
        case _: "\(bytes / 1_000_000).\(bytes % 1_000_000 / 100_000) MB"
        }
    }
}

/// The button of a quote link.
public struct LinkMark: Sendable {
    public var url: String
    public var button: String
    public var quoteID: String?

    public init(url: String, button: String, quoteID: String? = nil) {
        self.url = url
        self.button = button
        self.quoteID = quoteID
    }

    var values: TemplateValues {
        // Only what a browser opens as a page: a stored `javascript:` would run with the reader's session.
        let isSafe = url.lowercased().hasPrefix("https://")
        return ["url": isSafe ? url : nil, "url_text": url, "button": button, "quote_id": quoteID]
    }
}
