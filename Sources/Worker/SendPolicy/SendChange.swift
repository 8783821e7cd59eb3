/// What becomes of a message's row, and of its number and recipient, after an event.
public struct SendChange: Sendable, Equatable {
    /// When a queued message is due.
    public enum Due: Sendable, Equatable {
        /// In so many milliseconds.
        case after(Int64)
        /// When the customer writes.
        case whenWindowOpens
    }

    /// What else is held back.
    public enum Brake: Sendable, Equatable {
        /// This number: for so many milliseconds, or by its own growing hold.
        case number(Int64?)
        /// All numbers of the account, for so many milliseconds.
        case app(Int64)
        /// This recipient, for so many milliseconds.
        case recipient(Int64)
        /// This number, until a person has acted. Why, in plain words.
        case pause(String)
    }

    /// What an attempt adds to that by which its message's retries are limited.
    public enum Tally: Sendable, Equatable {
        /// One more refusal of this class.
        case refused(SendRetry.Class)
        /// As if it had never begun: neither it nor the time that it took counts.
        case undone
        /// The limits begin anew, for the message is to wait for something else.
        case anew
    }

    public var status: SendStatus
    /// Of a queued message only.
    public var due: Due?
    public var brake: Brake?
    /// Why it is where it is; nil when there is nothing to explain.
    public var reason: SendReason?
    /// A person has to decide: no rule will move it.
    public var held: Bool
    /// It counts as a resend after an unknown outcome.
    public var isResend: Bool
    /// Meta said that the window is closed, whatever we know of the customer's messages.
    public var windowIsClosed: Bool
    /// Nil: nothing.
    public var tally: Tally?

    public init(
        _ status: SendStatus, due: Due? = nil, brake: Brake? = nil, reason: SendReason? = nil, held: Bool = false,
        isResend: Bool = false, windowIsClosed: Bool = false, tally: Tally? = nil
    ) {
        self.status = status
        self.due = due
        self.brake = brake
        self.reason = reason
        self.held = held
        self.isResend = isResend
        self.windowIsClosed = windowIsClosed
        self.tally = tally
    }
}

/// Why a message is where it is: a stable code for grouping, and plain words for its tenant.
public struct SendReason: Sendable, Equatable {
    public var code: String
    public var text: String

    public init(code: String, text: String) {
        self.code = code
        self.text = text
    }

    /// `meta-<code>`, with what happened and what to do.
    init(_ rule: SendErrorRule) {
        self.init(code: rule.code.map { "meta-\($0)" } ?? "meta-unreadable", text: Self.sentences(rule))
    }

    public static func sentences(_ rule: SendErrorRule) -> String {
        "\(rule.title.prefix(1).uppercased())\(rule.title.dropFirst()). \(rule.advice)"
    }

    public static let windowClosed = SendReason(
        code: "window-closed",
        text: "The customer last wrote more than 24 hours ago. The message goes out by itself when they next write.")
    public static let windowClosedForGood = SendReason(
        code: "window-closed",
        text: "The customer last wrote more than 24 hours ago, so only a template could be sent.")
    public static let expired = SendReason(code: "expired", text: "Its time ran out before it could be sent.")
    public static let ownerDied = SendReason(
        code: "worker-died",
        text: "The worker that was sending it ended in the middle; whether it went out is being checked.")
    public static let intakeSilent = SendReason(
        code: "intake-silent",
        text:
            "Nobody knows whether it went out, and no webhook of this number has come in since: a person has to decide. "
            + "Check that Meta's webhooks reach the Ingress service.")
    public static let held = SendReason(
        code: "outcome-unknown-held", text: "Nobody knows whether it went out; a person has to decide.")
    public static let resentAlready = SendReason(
        code: "outcome-unknown-held",
        text: "It was sent once more after an unknown outcome, and that outcome is unknown too: a person has to decide."
    )
    public static let expiredUnknown = SendReason(
        code: "outcome-unknown-held",
        text: "Nobody knows whether it went out, and its time has run out, so it is not sent again.")
    public static let resend = SendReason(
        code: "resend", text: "No status came within the grace, so it is sent once more.")
}
