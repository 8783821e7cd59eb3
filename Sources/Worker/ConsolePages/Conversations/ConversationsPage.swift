public struct ConversationsPage: Sendable {
    /// What was searched for: a number or a name.
    public var query: String = ""
    public var rows: [ConversationRow]
    /// The cursor of the next older page.
    public var older: String?
    public var isFirstPage: Bool = true
    public var canSend: Bool = true
    /// The idempotency key of the form.
    public var once: String = ""
    public var draft: SendDraft?
    public var problem: String?

    public init(
        query: String = "", rows: [ConversationRow], older: String? = nil, isFirstPage: Bool = true,
        canSend: Bool = true, once: String = "", draft: SendDraft? = nil, problem: String? = nil
    ) {
        self.query = query
        self.rows = rows
        self.older = older
        self.isFirstPage = isFirstPage
        self.canSend = canSend
        self.once = once
        self.draft = draft
        self.problem = problem
    }

    func values(at now: PageTime) -> TemplateValues {
        var values: TemplateValues = [
            "query": query, "is_search": !query.isEmpty, "rows": rows.map { $0.values(at: now) },
            "has_rows": !rows.isEmpty, "is_first_page": isFirstPage, "can_send": canSend, "once": once,
            "problem": problem, "draft_open": draft != nil || problem != nil,
            "older_path": older.map { older in
                "/app/whatsapp/conversations?" + FormText.encoded([("q", query), ("before", older)])
            },
            "poll_path": isFirstPage ? "/app/whatsapp/conversations/fragment?" + FormText.encoded([("q", query)]) : nil,
        ]
        values.add((draft ?? SendDraft()).values)
        return values
    }
}

public struct ConversationRow: Sendable {
    public var id: String
    public var name: String?
    public var number: String?
    /// The latest message's words.
    public var preview: String
    public var isOutbound: Bool
    /// Of the latest message, where it is ours.
    public var status: String?
    public var lastAt: PageTime?
    /// nil: the customer has not written, or it closed.
    public var windowClosesAt: PageTime?

    public init(
        id: String, name: String? = nil, number: String? = nil, preview: String, isOutbound: Bool,
        status: String? = nil, lastAt: PageTime? = nil, windowClosesAt: PageTime? = nil
    ) {
        self.id = id
        self.name = name
        self.number = number
        self.preview = preview
        self.isOutbound = isOutbound
        self.status = status
        self.lastAt = lastAt
        self.windowClosesAt = windowClosesAt
    }

    func values(at now: PageTime) -> TemplateValues {
        [
            "path": "/app/whatsapp/conversations/" + FormText.encoded(id), "key": "c" + id,
            "title": name ?? number ?? "Unknown customer", "initial": Self.initial(of: name),
            "number": name == nil ? nil : number, "preview": preview, "is_ours": isOutbound,
            "tick": isOutbound ? status.map { MessageTick(status: $0).values } : nil, "last_at": lastAt,
            "window": WindowMark(closesAt: windowClosesAt, now: now).values,
        ]
    }

    /// The name's first character; nil where it has none to show.
    private static func initial(of name: String?) -> String? {
        guard let first = name?.first(where: { $0.isLetter || $0.isNumber }) else { return nil }
        return String(first).uppercased()
    }
}

/// The customer's 24-hour window.
struct WindowMark {
    let closesAt: PageTime?
    let now: PageTime

    var isOpen: Bool { closesAt.map { $0 > now } ?? false }

    var values: TemplateValues {
        guard let closesAt, isOpen else { return ["is_open": false] }
        return [
            "is_open": true, "closes_at": closesAt, "left": closesAt.distance(from: now),
            // "3 h" of "3 h 12 min": in a list the hours are enough.
            "left_short": closesAt.distance(from: now).split(separator: " ").prefix(2).joined(separator: " "),
            "is_short": closesAt.seconds - now.seconds < 7200,
        ]
    }
}
