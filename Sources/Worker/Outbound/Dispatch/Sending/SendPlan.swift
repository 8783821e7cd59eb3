internal import GraphClient
internal import OutboundLanes
internal import SendPolicy

/// A send that may go out now, with all that it takes.
struct SendPlan: Sendable {
    let row: SendRow
    let config: NumberConfig
    let message: GraphMessage
    let token: String
    let asTemplate: Bool
    /// The attempt's number, this one included.
    let attempt: Int32

    /// What every status of this attempt carries.
    var callbackData: String { "\(row.id).\(attempt)" }
}

/// What a turn leads to, from the row that it names.
enum TurnVerdict: Sendable {
    case send(SendPlan)
    /// Nothing to do: it was sent, cancelled, or has another turn coming.
    case stale
    /// Another sender's attempt is under way, or was when its worker died.
    case owned(sender: String, attempt: Int32)
    case later(milliseconds: Int64)
    /// The number is paused, whatever its lane says.
    case paused(reason: String)
    /// The token cannot be opened.
    case locked(config: NumberConfig)
    case change(RowChange)
    /// The tenant has another number now.
    case renumbered(RowChange, number: String)
    /// It came by another lane than its number's, whose rate and holds it must wait for.
    case misplaced(number: String)
}

extension TurnVerdict {
    /// A turn that comes earlier than this before its time waits in Redis; any other is given anew by the sweep.
    private static let longestWait: Int64 = 300_000_000

    /// Decides, by the policy, what is to be done with a queued row at its turn.
    /// - Parameters:
    ///   - lane: the number in whose lane it waited.
    ///   - sender: who asks: an attempt of its own is one whose beginning was committed unheard.
    init(_ row: SendRow, lane: String, sender: String, tokens: TokenCache) {
        switch row.status {
        case .queued: self = Self.queued(row, lane: lane, tokens: tokens)
        case .sending where row.sender == sender: self = Self.sending(row, tokens: tokens)
        case .sending: self = .owned(sender: row.sender ?? "", attempt: row.attempts)
        case .accepted, .sent, .delivered, .read, .played, .failed, .expired, .cancelled, .unknown, nil: self = .stale
        }
    }

    /// Whether the recipient's place that the turn had reserved stays free: it ends here, or reserves another when it comes
    /// again.
    func leavesPlace(of turn: Turn) -> Bool {
        switch self {
        case .send: false
        case .stale, .owned, .later, .change, .renumbered, .misplaced: true
        case .paused, .locked: (turn.place ?? 0) == 0
        }
    }

    private static func queued(_ row: SendRow, lane: String, tokens: TokenCache) -> TurnVerdict {
        guard let config = row.config, config.isActive else { return .stale }
        if config.number != row.number {
            let change = SendChange(.queued, due: .after(0))
            return .renumbered(
                RowChange(
                    id: row.id, attempt: row.attempts, from: .queued, change: change, turnIsGiven: true,
                    number: config.number), number: config.number)
        }
        guard lane == row.number else { return .misplaced(number: row.number) }
        if config.isPaused { return .paused(reason: config.pauseReason ?? "The number is paused.") }
        if let end = row.expiresAt, end <= row.now { return change(row, .expired) }
        guard row.dueAt <= row.now else {
            let wait = row.dueAt == .max ? Int64.max : row.dueAt - row.now
            return wait > longestWait ? .stale : .later(milliseconds: wait / 1_000 + 1)
        }
        var asTemplate = false
        if !row.windowIsOpen, row.kind != .template {
            switch SendWindow.decide(row.state(.queued, attempts: row.attempts)) {
            case .sendTemplate: asTemplate = true
            case .wait, .fail: return change(row, .windowClosed)
            }
        }
        // Where there is no higher number, Postgres refuses to begin the attempt.
        let attempt = row.attempts == .max ? row.attempts : row.attempts + 1
        return plan(row, config, attempt: attempt, asTemplate: asTemplate, tokens: tokens)
    }

    /// Begun by this very batch.
    private static func sending(_ row: SendRow, tokens: TokenCache) -> TurnVerdict {
        guard let config = row.config else { return .stale }
        let asTemplate = !row.windowIsOpen && row.kind == .quoteLink && config.template != nil
        return plan(row, config, attempt: row.attempts, asTemplate: asTemplate, tokens: tokens)
    }

    private static func plan(
        _ row: SendRow, _ config: NumberConfig, attempt: Int32, asTemplate: Bool, tokens: TokenCache
    ) -> TurnVerdict {
        guard let message = GraphMessage(row, template: asTemplate ? config.template : nil) else {
            let reason = SendReason(
                code: "request-unreadable", text: "This version of the program cannot read the message's request.")
            return .change(
                RowChange(
                    id: row.id, attempt: row.attempts, from: row.status ?? .queued,
                    change: SendChange(.failed, reason: reason)))
        }
        guard let token = try? tokens.token(of: config, tenant: row.tenant) else { return .locked(config: config) }
        return .send(
            SendPlan(
                row: row, config: config, message: message, token: token, asTemplate: asTemplate, attempt: attempt))
    }

    private static func change(_ row: SendRow, _ event: SendEvent) -> TurnVerdict {
        var random = SystemRandomNumberGenerator()
        let state = row.state(.queued, attempts: row.attempts)
        guard let change = SendMachine.decide(state, event, using: &random) else { return .stale }
        return .change(RowChange(id: row.id, attempt: row.attempts, from: .queued, change: change))
    }
}
