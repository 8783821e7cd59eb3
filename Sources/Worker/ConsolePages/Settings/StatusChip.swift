/// The one word on how a tenant's number stands.
public enum StatusChip: Sendable, Equatable {
    case active
    case notSetUp
    case inactive
    /// `reason` follows "Paused: ", as in "token rejected"; `advice` says what to do.
    case paused(reason: String, advice: String)

    var values: TemplateValues {
        switch self {
        case .active: ["tone": "good", "words": "Active"]
        case .notSetUp: ["tone": "idle", "words": "Not set up"]
        case .inactive: ["tone": "idle", "words": "Inactive"]
        case .paused(let reason, _): ["tone": "bad", "words": "Paused: \(Self.short(reason).head)"]
        }
    }

    /// The box above the settings, where there is something to say.
    func call(waiting: Int) -> TemplateValues? {
        switch self {
        case .active:
            guard waiting > 0 else { return nil }
            return ["tone": "info", "title": "\(Self.messages(waiting)) on the way", "text": "They go out in turn."]
        case .notSetUp:
            return [
                "tone": "info", "title": "Connect your WhatsApp number",
                "text": "Follow the steps, then paste the number's id and its token below. Nothing is sent before.",
            ]
        case .inactive:
            return [
                "tone": "info", "title": "Sending is switched off",
                "text": waiting > 0
                    ? "\(Self.messages(waiting)) \(waiting == 1 ? "waits" : "wait"). Customers' messages still arrive. Switch sending on below."
                    : "Customers' messages still arrive. Switch sending on below when you are ready.",
            ]
        case .paused(let reason, let advice):
            let (head, rest) = Self.short(reason)
            // A reason of several sentences says what to do itself.
            var sentences = [rest ?? advice]
            if waiting == 1 { sentences.append("1 message waits and goes out by itself afterwards.") }
            if waiting > 1 { sentences.append("\(Self.messages(waiting)) wait and go out by themselves afterwards.") }
            sentences.append("Customers' messages still arrive.")
            return [
                "tone": "bad", "title": "Sending is paused: \(head)",
                "text": sentences.filter { !$0.isEmpty }.joined(separator: " "),
            ]
        }
    }

    private static func messages(_ count: Int) -> String {
        count == 1 ? "1 message" : "\(count.grouped) messages"
    }

    /// The first sentence as it follows a colon, and what comes after it.
    static func short(_ reason: String) -> (head: String, rest: String?) {
        var head = Substring(reason)
        var rest: String?
        if let end = reason.firstRange(of: ". ") {
            head = reason[..<end.lowerBound]
            rest = String(reason[end.upperBound...])
        }
        if head.hasSuffix(".") { head.removeLast() }
        // "The token" goes on in lower case; "WABA" stays as it is.
        let second = head.dropFirst().first
        if let first = head.first, second?.isUppercase != true { return (first.lowercased() + head.dropFirst(), rest) }
        return (String(head), rest)
    }
}
