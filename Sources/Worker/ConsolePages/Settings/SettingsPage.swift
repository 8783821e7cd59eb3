/// A tenant's WhatsApp settings. What the form shows is text, so that a refused form comes back as it was typed.
public struct SettingsPage: Sendable {
    /// Of the stored settings, for `If-Match`; nil while nothing is set up.
    public var version: String?
    public var phoneNumberID: String = ""
    public var wabaID: String = ""
    /// The number as people write it, once Meta told it.
    public var displayPhoneNumber: String?
    public var token: TokenMark?
    public var isActive: Bool = true
    public var throttlePerSecond: String = "80"
    public var templateName: String = ""
    public var templateLanguage: String = ""
    public var defaultBody: String = ""
    public var linkHosts: [String] = []
    public var chip: StatusChip
    /// Sends that wait for the number's turn.
    public var waiting: Int = 0
    public var webhookURL: String?
    public var steps: SetUpSteps = SetUpSteps()
    public var test: ConnectionTest?
    public var problems: [FieldProblem] = []

    public init(
        version: String? = nil, phoneNumberID: String = "", wabaID: String = "", displayPhoneNumber: String? = nil,
        token: TokenMark? = nil, isActive: Bool = true, throttlePerSecond: String = "80", templateName: String = "",
        templateLanguage: String = "", defaultBody: String = "", linkHosts: [String] = [], chip: StatusChip,
        waiting: Int = 0, webhookURL: String? = nil, steps: SetUpSteps = SetUpSteps(), test: ConnectionTest? = nil,
        problems: [FieldProblem] = []
    ) {
        self.version = version
        self.phoneNumberID = phoneNumberID
        self.wabaID = wabaID
        self.displayPhoneNumber = displayPhoneNumber
        self.token = token
        self.isActive = isActive
        self.throttlePerSecond = throttlePerSecond
        self.templateName = templateName
        self.templateLanguage = templateLanguage
        self.defaultBody = defaultBody
        self.linkHosts = linkHosts
        self.chip = chip
        self.waiting = waiting
        self.webhookURL = webhookURL
        self.steps = steps
        self.test = test
        self.problems = problems
    }

    private static let fields = [
        "phone_number_id", "waba_id", "access_token", "throttle_per_second", "template_name", "template_language",
        "default_body", "link_hosts",
    ]

    var values: TemplateValues {
        var values: TemplateValues = [
            "version": version ?? "", "is_set_up": version != nil, "phone_number_id": phoneNumberID,
            "waba_id": wabaID, "account": wabaID.isEmpty ? nil : wabaID, "display_number": displayPhoneNumber,
            "token": token?.values, "is_active": isActive,
            "throttle": throttlePerSecond, "template_name": templateName, "template_language": templateLanguage,
            "default_body": defaultBody, "link_hosts": linkHosts.joined(separator: "\n"), "chip": chip.values,
            "webhook_url": webhookURL, "steps": steps.values, "test": test?.values,
        ]
        if let call = chip.call(waiting: waiting) { values["callout"] = call } else { values["callout"] = nil }
        values.add(problems.values(of: Self.fields))
        return values
    }
}

/// What may be told about a token: never the token.
public struct TokenMark: Sendable {
    public var last4: String
    public var setAt: PageTime
    public var setBy: String

    public init(last4: String, setAt: PageTime, setBy: String) {
        self.last4 = last4
        self.setAt = setAt
        self.setBy = setBy
    }

    var values: TemplateValues { ["last4": last4, "set_at": setAt, "set_by": ActorWords.text(setBy)] }
}
