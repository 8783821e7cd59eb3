internal import GraphClient
internal import SendPolicy

/// Whether the account's webhooks go to an app, in the tenant's words.
struct WebhookCheck: Sendable {
    /// Nil: it is not known.
    let isSubscribed: Bool?
    /// The apps that get them, by name.
    let apps: [String]
    /// What is wrong and what to do.
    let explanation: String?
}

extension ConfigService.Check {
    /// Nil while the number itself cannot be read.
    var webhooks: WebhookCheck? {
        guard case .found = result else { return nil }
        switch subscription {
        case nil:
            return WebhookCheck(
                isSubscribed: nil, apps: [],
                explanation: "Save the WABA ID too: then Meta can be asked whether its messages are sent on.")
        case .apps(let apps) where apps.isEmpty:
            return WebhookCheck(
                isSubscribed: false, apps: [],
                explanation: "No app is subscribed to this WhatsApp account, so no message arrives. "
                    + "Subscribe yours, as the steps say.")
        case .apps(let apps):
            return WebhookCheck(
                isSubscribed: true, apps: apps.map { $0.name ?? $0.id ?? "an app without a name" }, explanation: nil)
        case .refused(let refusal):
            return WebhookCheck(
                isSubscribed: nil, apps: [],
                explanation: "Meta does not tell this token who gets the account's messages: \(refusal.rule.title). "
                    + "Check the WABA ID, and that the token has whatsapp_business_management.")
        case .unreachable:
            return WebhookCheck(
                isSubscribed: nil, apps: [], explanation: "Meta did not say who gets the account's messages. Try again."
            )
        }
    }
}
