/// Meta's error codes (its page "Error codes", autumn 2026) and what is done about each.
///
/// The code decides, as Meta asks, and the HTTP status only where there is no code or an unknown one. The same table
/// reads the answer to a send and the errors of a `failed` status.
public enum SendErrorTable {
    /// The rule for an error.
    /// - Parameters:
    ///   - code: `error.code`; nil when there was an answer but no readable error in it.
    ///   - subcode: `error.error_subcode`. Deprecated, and still the only sign by which "this number does not exist, or
    ///     not for this token" (100/33) differs from a wrong parameter (100).
    ///   - isTransient: `error.is_transient`; counts for unknown codes only.
    ///   - httpStatus: Nil for the errors of a status webhook.
    public static func rule(
        code: Int?, subcode: Int? = nil, isTransient: Bool = false, httpStatus: Int? = nil
    ) -> SendErrorRule {
        guard let code else { return unreadable(httpStatus: httpStatus) }
        if code == 100, subcode == 33 { return lostNumber }
        if let rule = byCode[code] { return rule }
        if let family = families.first(where: { $0.codes.contains(code) }) { return family.rule(code) }
        if isTransient || httpStatus ?? 0 >= 500 {
            return SendErrorRule(
                code, .maybeSent, "WhatsApp reported a passing error that is not documented",
                "Nothing to do: whether the message went out is being checked.")
        }
        return SendErrorRule(
            code, .fail, "WhatsApp refused the message with an error that is not documented",
            "Look the code up in Meta's documentation, or ask Meta's support.")
    }

    /// Whether Meta documents a code; false for nil. What answers with another one need not be Meta: gateways write
    /// `{"error":{"code":503}}`, too.
    static func isDocumented(_ code: Int?) -> Bool {
        guard let code else { return false }
        return byCode[code] != nil || families.contains { $0.codes.contains(code) }
    }

    /// Every code with a row of its own, in the order of the codes.
    public static let rules: [SendErrorRule] = (throttles + troubles + accounts + refusals).sorted {
        ($0.code ?? 0) < ($1.code ?? 0)
    }

    /// Codes that Meta documents by their range, or that are alike throughout.
    static let families: [SendErrorFamily] = [
        SendErrorFamily(
            codes: 200...299, class: .pauseNumber, title: "the access token lacks a permission",
            advice: "Save a token that may send messages for this number (permission whatsapp_business_messaging)."),
        SendErrorFamily(
            codes: 131_200...131_299, class: .fail, title: "WhatsApp refused an operation on a group",
            advice: "Write to the customer directly."),
        SendErrorFamily(
            codes: 138_000...138_999, class: .fail, title: "WhatsApp refused a call",
            advice: "This code belongs to calls, not to messages; ask Meta's support."),
        SendErrorFamily(
            codes: 139_000...139_999, class: .fail, title: "WhatsApp refused a flow, or the blocking of a user",
            advice: "Check in the WhatsApp Manager whether this customer is blocked."),
        SendErrorFamily(
            codes: 147_000...147_999, class: .fail, title: "WhatsApp refused an operation on a username",
            advice: "Write to the customer's phone number instead."),
        SendErrorFamily(
            codes: 2_388_000...2_388_999, class: .fail,
            title: "WhatsApp refused the template or the number's migration",
            advice: "Check the template, and the number's state, in the WhatsApp Manager."),
    ]

    private static let byCode: [Int: SendErrorRule] = Dictionary(
        rules.compactMap { rule in rule.code.map { ($0, rule) } }, uniquingKeysWith: { first, _ in first })

    private static let lostNumber = SendErrorRule(
        100, .pauseNumber, "WhatsApp does not know this number, or the access token may not use it",
        "Check the phone number id, and save a token that belongs to it.")

    /// An answer without a readable error: from something between us and WhatsApp, as a rule.
    private static func unreadable(httpStatus: Int?) -> SendErrorRule {
        switch httpStatus {
        case 429:
            SendErrorRule(
                code: nil, class: .retryNumber, title: "too many messages at once",
                advice: "Nothing to do: it is sent again more slowly.")
        case .some(300..<408), .some(409..<500):
            SendErrorRule(
                code: nil, class: .retryMessage, title: "something on the way to WhatsApp refused the message",
                advice: "If it goes on, check proxies and firewalls between this service and WhatsApp.")
        case .some(500...):
            SendErrorRule(
                code: nil, class: .maybeSent, title: "WhatsApp, or something on the way to it, had an error of its own",
                advice: "Nothing to do: whether the message went out is being checked.", isOutage: true)
        case .some, nil:
            SendErrorRule(
                code: nil, class: .maybeSent, title: "the answer could not be read",
                advice: "Nothing to do: whether the message went out is being checked.")
        }
    }
}
