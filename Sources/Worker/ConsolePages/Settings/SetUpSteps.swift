public enum StepState: Sendable, Equatable {
    case done(PageTime?)
    case notDone
    /// Nobody has looked yet: "Test connection" does.
    case unknown

    var values: TemplateValues {
        switch self {
        case .done(let at): ["is_done": true, "words": "Done", "at": at, "tone": "done"]
        case .notDone: ["is_done": false, "words": "Not done yet", "at": nil, "tone": "open"]
        case .unknown: ["is_done": false, "words": "Not checked yet", "at": nil, "tone": "open"]
        }
    }
}

/// How far the set-up has come, as far as it can be seen from here.
public struct SetUpSteps: Sendable {
    public var tokenWorks: StepState = .unknown
    /// Whether an app is subscribed to the number's account.
    public var numberSubscribed: StepState = .unknown
    /// Those that are, by name, as far as Meta was asked.
    public var subscribedApps: [String] = []
    /// What is wrong with the subscription and what to do, as far as Meta was asked.
    public var subscriptionAdvice: String?
    public var firstWebhookSeen: StepState = .notDone

    public init(
        tokenWorks: StepState = .unknown, numberSubscribed: StepState = .unknown, firstWebhookSeen: StepState = .notDone
    ) {
        self.tokenWorks = tokenWorks
        self.numberSubscribed = numberSubscribed
        self.firstWebhookSeen = firstWebhookSeen
    }

    var values: TemplateValues {
        [
            "token": tokenWorks.values, "subscribed": numberSubscribed.values, "webhook": firstWebhookSeen.values,
            "apps": subscribedApps.isEmpty ? nil : subscribedApps.joined(separator: ", "),
            "subscription_advice": subscriptionAdvice,
        ]
    }
}

/// What the Graph API said about the number and the token.
public enum ConnectionTest: Sendable {
    case good(name: String?, displayNumber: String?, quality: String?)
    case problem(what: String, advice: String)

    var values: TemplateValues {
        switch self {
        case .good(let name, let number, let quality):
            var facts: [TemplateValues] = []
            if let name { facts.append(["name": "Name", "value": name]) }
            if let number { facts.append(["name": "Number", "value": number]) }
            if let quality { facts.append(["name": "Quality", "value": Self.words(quality: quality)]) }
            return ["good": ["facts": facts] as TemplateValues, "problem": nil]
        case .problem(let what, let advice):
            return ["good": nil, "problem": ["what": what, "advice": advice] as TemplateValues]
        }
    }

    private static func words(quality: String) -> String {
        switch quality.uppercased() {
        case "GREEN": "High (green)"
        case "YELLOW": "Medium (yellow): customers blocked or reported some messages"
        case "RED": "Low (red): Meta may limit this number; send only what customers asked for"
        case "UNKNOWN", "NA": "Not rated yet"
        default: quality
        }
    }
}
