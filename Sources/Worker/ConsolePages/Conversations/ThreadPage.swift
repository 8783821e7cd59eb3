public struct ThreadPage: Sendable {
    /// What can be sent right now.
    public enum SendState: Sendable, Equatable {
        case open
        case windowClosed(hasTemplate: Bool)
        case paused(reason: String)
        case inactive
        case notSetUp
    }

    public var conversationID: String
    public var name: String?
    public var number: String?
    public var username: String?
    public var windowClosesAt: PageTime?
    /// Oldest first.
    public var messages: [ThreadMessage]
    /// The cursor of the next older page.
    public var older: String?
    public var isNewestPage: Bool = true
    public var sendState: SendState = .open
    /// The idempotency key of the forms.
    public var once: String = ""
    public var draft: SendDraft?
    public var problem: String?
    /// The tenant's usual words above a quote link.
    public var defaultBody: String = ""

    public init(
        conversationID: String, name: String? = nil, number: String? = nil, username: String? = nil,
        windowClosesAt: PageTime? = nil, messages: [ThreadMessage], older: String? = nil, isNewestPage: Bool = true,
        sendState: SendState = .open, once: String = "", draft: SendDraft? = nil, problem: String? = nil,
        defaultBody: String = ""
    ) {
        self.conversationID = conversationID
        self.name = name
        self.number = number
        self.username = username
        self.windowClosesAt = windowClosesAt
        self.messages = messages
        self.older = older
        self.isNewestPage = isNewestPage
        self.sendState = sendState
        self.once = once
        self.draft = draft
        self.problem = problem
        self.defaultBody = defaultBody
    }

    var title: String { name ?? number ?? "Unknown customer" }

    func values(at now: PageTime) -> TemplateValues {
        let path = "/app/whatsapp/conversations/" + FormText.encoded(conversationID)
        var values: TemplateValues = [
            "title": title, "path": path, "number": name == nil ? nil : number, "username": username,
            "window": WindowMark(closesAt: windowClosesAt, now: now).values, "days": days(),
            "has_messages": !messages.isEmpty, "older_path": older.map { "\(path)?before=" + FormText.encoded($0) },
            "newest_path": isNewestPage ? nil : path, "poll_path": isNewestPage ? path + "/fragment" : nil,
            "once": once, "problem": problem, "default_body": defaultBody, "send": sendValues,
        ]
        values.add((draft ?? SendDraft()).values)
        return values
    }

    /// The messages under the day on which they came, in UTC.
    private func days() -> [TemplateValues] {
        var days: [TemplateValues] = []
        var ofDay: [TemplateValues] = []
        for (index, message) in messages.enumerated() {
            ofDay.append(message.values)
            let isLast = index + 1 == messages.count
            guard isLast || messages[index + 1].at.day != message.at.day else { continue }
            days.append(["day_at": message.at, "key": "d" + message.at.day, "messages": ofDay])
            ofDay = []
        }
        return days
    }

    private var sendValues: TemplateValues {
        switch sendState {
        case .open: ["can_send": true, "hint": nil, "tone": nil]
        case .windowClosed(hasTemplate: true):
            [
                "can_send": true, "tone": "info", "icon": "clock",
                "hint":
                    "The customer last wrote more than 24 hours ago. A quote link goes out as your template; a text waits until they write again.",
            ]
        case .windowClosed(hasTemplate: false):
            [
                "can_send": true, "tone": "info", "icon": "clock",
                "hint":
                    "The customer last wrote more than 24 hours ago. What you send now waits until they write again, for at most 7 days. With a quote template in the settings, quote links go out at once.",
            ]
        case .paused(let reason):
            [
                "can_send": true, "tone": "warn", "icon": "alert", "to_settings": true,
                "hint":
                    "Sending is paused: \(StatusChip.short(reason).head). What you send now waits until that is repaired in the settings.",
            ]
        case .inactive:
            ["can_send": false, "tone": "warn", "icon": "alert", "hint": "Sending is switched off in the settings."]
        case .notSetUp:
            [
                "can_send": false, "tone": "info", "icon": "clock",
                "hint": "Connect your number in the settings to send from here.",
            ]
        }
    }
}

extension PageTime {
    /// `2026-11-25`, in UTC.
    var day: String { String(iso.prefix(10)) }
}
