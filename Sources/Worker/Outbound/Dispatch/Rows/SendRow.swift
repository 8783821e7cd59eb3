internal import Postgres
internal import SendPolicy

/// A message's row with all that decides whether it may go now. Times in microseconds since 1970.
struct SendRow: Sendable {
    let id: String
    let tenant: Int64
    let status: SendStatus?
    let attempts: Int32
    /// Whose the attempt under way is; see ``SenderName``.
    let sender: String?
    let type: String
    let recipient: String
    /// The number that it was admitted for.
    let number: String
    /// The request's JSON.
    let request: [UInt8]
    /// `Int64.max`: when the customer writes.
    let dueAt: Int64
    let expiresAt: Int64?
    let closedAt: Int64?
    let onUnknown: UnknownOutcomePolicy?
    let onClosed: ClosedWindowPolicy?
    let resends: Int32
    let lastInboundAt: Int64?
    /// Since when its limits count; nil: from the next attempt on.
    let tryingSince: Int64?
    let tries: SendTries
    /// Nil where the tenant has no number.
    let config: NumberConfig?
    /// The transaction's time.
    let now: Int64

    /// What the policy needs to know of it.
    /// - Parameter attempts: those begun, the present one included.
    func state(_ status: SendStatus, attempts: Int32, asTemplate: Bool = false) -> SendState {
        SendState(
            status: status, kind: kind, attempts: Int(attempts),
            age: isLate ? 0 : tryingSince.map { max(0, now - $0) / 1_000 } ?? 0, tries: isLate ? SendTries() : tries,
            expiresIn: expiresAt.map { ($0 - now) / 1_000 }, onClosed: onClosed,
            onUnknown: onUnknown ?? (kind == .quoteLink ? .resend : .hold),
            hasTemplate: config?.template != nil, sentAsTemplate: asTemplate, resends: Int(resends))
    }

    /// Whether it has waited for something else than its retry, so that its limits count from now on.
    var isLate: Bool { now / 1_000 - dueAt / 1_000 > SendRetry.longestDelay }

    /// Whether its time has run out so long after the row was read.
    func isExpired(after waited: Duration) -> Bool {
        expiresAt.map { .microseconds($0 - now) <= waited } ?? false
    }

    var kind: SendState.Kind {
        switch type {
        case "quote_link": .quoteLink
        case "template": .template
        case _: .text
        }
    }

    var windowIsOpen: Bool {
        SendWindow.isOpen(
            lastInboundAt: lastInboundAt.map { $0 / 1_000 }, closedAt: closedAt.map { $0 / 1_000 }, now: now / 1_000)
    }
}

/// A tenant's number as a send needs it.
struct NumberConfig: Sendable {
    struct Template: Sendable {
        let name: String
        let language: String
    }

    let number: String
    let version: Int64
    let sealedToken: [UInt8]
    /// Number and tenant both.
    let isActive: Bool
    let isPaused: Bool
    let pauseReason: String?
    let perSecond: Int32
    let waba: String?
    let template: Template?
}

/// Whose an attempt is: `<worker>/<batch>`. The worker tells whether its owner lives, the batch whether a beginning whose
/// answer was lost was this one.
enum SenderName {
    static func make(worker: String, batch: String) -> String { "\(worker)/\(batch)" }

    static func worker(of sender: String) -> String { String(sender.prefix { $0 != "/" }) }
}
