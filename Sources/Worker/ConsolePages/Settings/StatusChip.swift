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
        case .paused(let reason, _): ["tone": "bad", "words": "Paused: \(reason)"]
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
                    ? "\(Self.messages(waiting)) wait. Customers' messages still arrive. Switch sending on below."
                    : "Customers' messages still arrive. Switch sending on below when you are ready.",
            ]
        case .paused(let reason, let advice):
            let wait = waiting > 0 ? " \(Self.messages(waiting)) wait and go out by themselves afterwards." : ""
            return [
                "tone": "bad", "title": "Sending is paused: \(reason)",
                "text": "\(advice)\(wait) Customers' messages still arrive.",
            ]
        }
    }

    private static func messages(_ count: Int) -> String {
        count == 1 ? "1 message" : "\(count.grouped) messages"
    }
}
