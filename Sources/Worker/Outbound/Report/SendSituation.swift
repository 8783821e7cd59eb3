/// What decides about what happens next to a send. Times are microseconds since 1970.
public struct SendSituation: Sendable, Equatable {
    public var status: String
    public var isHeld = false
    /// When the next attempt may begin; `Int64.max` while it waits for the customer to write.
    public var dueAt: Int64?
    public var expiresAt: Int64?
    public var onUnknown: OnUnknown?
    public var resends: Int32 = 0
    /// The worker that sends it.
    public var sender: String?
    public var stateSince: Int64?
    /// Nil: the tenant has no number.
    public var numberStatus: String?
    public var numberReason: String?
    public var numberIsActive = true
    public var tenantIsDisabled = false

    init(status: String) {
        self.status = status
    }

    /// What happens next, in plain words.
    public func next(now: Int64) -> String {
        switch status {
        case "queued": return queued(now: now)
        case "sending":
            return
                "It is being handed to WhatsApp\(stateSince.map { " since \(UTCTime.secondsText($0))" } ?? ""). Should the "
                + "worker that does it die, the outcome is looked for before anything is sent again."
        case "unknown": return unknown
        case "accepted": return "WhatsApp has taken it. Whether it was sent and delivered is told by a status webhook."
        case "sent": return "It is on its way to the customer's phone. Delivery is told by a status webhook."
        case "delivered": return "It is on the customer's phone. If they read it and show that, a status webhook tells."
        case "read", "played": return "Nothing more: the customer has seen it."
        case "failed": return "Nothing more: it is not tried again by itself. It can be sent again as a new message."
        case "expired": return "Nothing more: its time was over before it could go out."
        case "cancelled": return "Nothing more: it was taken back before it went out."
        case "received": return "Nothing more: it came from the customer."
        case _: return "This version of the program does not know the status \(status)."
        }
    }

    private func queued(now: Int64) -> String {
        let end = expiresAt.map { " Not later than \(UTCTime.secondsText($0)): then it expires." } ?? ""
        if tenantIsDisabled { return "It waits: the tenant is disabled. An operator can change that." + end }
        guard let numberStatus else {
            return "It waits: the tenant has no WhatsApp number. Set one in the settings." + end
        }
        if !numberIsActive { return "It waits: the number is switched off. Switch it on in the settings." + end }
        if numberStatus != "active" {
            let reason = numberReason.map { " (\($0))" } ?? ""
            return
                "It waits in its lane: the number is \(numberStatus)\(reason). Saving a good access token lets it go, or "
                + "`worker lane resume`." + end
        }
        guard let dueAt else { return "It goes out with its next turn." + end }
        if dueAt == .max { return "The customer's 24 hours are over: it goes out when they next write." + end }
        if dueAt > now { return "It goes out at \(UTCTime.secondsText(dueAt))." + end }
        return "It goes out as soon as its number's lane has room." + end
    }

    private var unknown: String {
        if isHeld {
            return
                "Nobody can know whether it went out, and no rule moves it: a person decides, to send it once more or "
                + "to give it up."
        }
        let then =
            switch onUnknown {
            case .resend where resends == 0: "it is sent once more"
            case .resend, .hold, nil: "it is held for a person to decide"
            }
        return "Nobody can know yet whether it went out. If no status webhook tells within the grace period, \(then)."
    }
}
