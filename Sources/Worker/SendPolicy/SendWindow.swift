/// The 24 hours after the customer's last message or call, in which anything but a template may be sent.
///
/// Source: Meta's "Sending messages", customer service window.
public enum SendWindow {
    /// Milliseconds.
    public static let length: Int64 = 86_400_000
    /// How far Meta's clock may be ahead of ours, in milliseconds. What a customer wrote later than that has a wrong time.
    public static let clockTolerance: Int64 = 300_000
    /// How long a message waits at most for the window to open, in milliseconds.
    public static let longestWait: Int64 = 7 * 86_400_000

    /// Whether the window is open.
    /// - Parameters:
    ///   - lastInboundAt: when the customer last wrote or called; nil: never.
    ///   - closedAt: when Meta last refused for a closed window. It knows better: only what came later opens it again,
    ///     and nothing whose time lies ahead of ours, or each refusal would be followed by another.
    public static func isOpen(lastInboundAt: Int64?, closedAt: Int64?, now: Int64) -> Bool {
        guard let lastInboundAt, now - lastInboundAt < length else { return false }
        return closedAt.map { lastInboundAt > $0 && lastInboundAt <= now + clockTolerance } ?? true
    }

    /// What to do with a send whose window is closed.
    public enum Decision: Sendable, Equatable {
        /// It is a template itself, or goes out as the tenant's.
        case sendTemplate
        case wait
        case fail
    }

    public static func decide(_ state: SendState) -> Decision {
        let canFallBack: Bool
        switch state.kind {
        case .template: return .sendTemplate
        case .quoteLink: canFallBack = state.hasTemplate
        // A tenant's template carries a link; no text fits into it.
        case .text: canFallBack = false
        }
        switch state.onClosed {
        case .fail: return .fail
        case .wait: return .wait
        case .template, nil: return canFallBack ? .sendTemplate : .wait
        }
    }
}
