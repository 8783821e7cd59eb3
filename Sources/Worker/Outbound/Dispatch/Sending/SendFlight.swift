internal import GraphClient
internal import JobEngine
internal import JobQueue
internal import Logging
internal import OutboundLanes
internal import Postgres
internal import SendPolicy

/// A turn with the job that it came in.
struct ClaimedTurn: Sendable {
    let turn: Turn
    let job: JobElement
}

/// Takes one begun send through its request to what came of it.
struct SendFlight: Sendable {
    /// An attempt that was written down longer ago than this may have been taken for a dead worker's: it is looked at
    /// again before its request.
    private static let trust: Duration = .seconds(5)

    let pool: PostgresPool
    let graph: GraphClient
    let reach: GraphReach
    let gates: NumberGates
    let writer: OutcomeWriter
    let brakes: Brakes
    let lanes: OutboundLanes
    let succeeded: SucceededNumbers
    let metrics: SendMetrics
    let logger: Logger

    /// - Parameters:
    ///   - began: when the attempt's beginning was committed.
    ///   - sender: whose it is.
    func fly(
        _ plan: SendPlan, turn: ClaimedTurn, at index: Int, of round: SendRound, began: ContinuousClock.Instant,
        sender: String
    ) async {
        let number = plan.config.number
        guard await gates.enter(number, perSecond: Int(plan.config.perSecond), began: began) else {
            return await putBack(plan, sender: sender, at: index, of: round)
        }
        round.entered(index, number: number)
        defer { if round.left(index) { gates.leave(number) } }
        guard reach.maySend(begun: began) else { return await putBack(plan, sender: sender, at: index, of: round) }
        if began.duration(to: .now) > Self.trust {
            switch await confirm(plan, sender: sender) {
            case true?: break
            case false?: return round.settle(index, .completed)
            case nil: return await putBack(plan, sender: sender, at: index, of: round)
            }
        }
        // Last of all: each of the waits before may have been long.
        if plan.row.isExpired(after: began.duration(to: .now)) {
            return await putBack(plan, sender: sender, at: index, of: round)
        }
        let start = ContinuousClock.now
        let result = await graph.send(plan.message, from: number, token: plan.token, callbackData: plan.callbackData)
        let elapsed = start.duration(to: .now)
        metrics.took(seconds: elapsed.fractionalSeconds)
        gates.observe(number, seconds: elapsed.fractionalSeconds)
        note(result, begun: began)
        await end(plan, turn: turn, result, elapsed: elapsed, sender: sender, at: index, of: round)
    }

    /// Whether the attempt is still this sender's; nil where nobody can say now.
    private func confirm(_ plan: SendPlan, sender: String) async -> Bool? {
        try? await pool.withTransaction { session in
            try !BeginTable.confirm([(plan.row.id, plan.attempt)], sender: sender, in: session).isEmpty
        }
    }

    /// As if it had never begun: back to the head of its lane.
    private func putBack(_ plan: SendPlan, sender: String, at index: Int, of round: SendRound) async {
        metrics.count(.putBack)
        let outcome = SendOutcome(
            id: plan.row.id, tenant: plan.row.tenant, attempt: plan.attempt, sender: sender, kind: .putBack,
            turnIsGiven: !round.isDetached)
        let status = await writer.write(outcome)
        round.settle(index, status == .queued ? .moved(to: plan.config.number, first: true) : .completed)
    }

    private func end(
        _ plan: SendPlan, turn: ClaimedTurn, _ result: GraphSendResult, elapsed: Duration, sender: String,
        at index: Int, of round: SendRound
    ) async {
        var random = SystemRandomNumberGenerator()
        let state = plan.row.state(.sending, attempts: plan.attempt, asTemplate: plan.asTemplate)
        let (event, end) = read(result)
        guard let change = SendMachine.decide(state, event, using: &random) else {
            return round.settle(index, .completed)
        }
        var outcome = SendOutcome(
            id: plan.row.id, tenant: plan.row.tenant, attempt: plan.attempt, sender: sender,
            kind: .ended(end, change), turnIsGiven: !round.isDetached)
        switch result {
        case .accepted(let acceptance):
            outcome.wamid = acceptance.wamid
            outcome.recipientWaID = acceptance.waID
        case .refused(let refusal): outcome.code = refusal.code
        case .notSent, .unknown: break
        }
        if let brake = change.brake {
            let subject = Brakes.Subject(
                tenant: plan.row.tenant, number: plan.config.number, waba: plan.config.waba,
                recipientKey: turn.turn.recipientKey, version: plan.config.version)
            await brakes.apply(brake, to: subject, sentAgo: elapsed)
        }
        let status = await writer.write(outcome)
        round.settle(index, jobResult(status, change, turn: turn))
        if change.status == .accepted { await succeeded.note(plan.config.number, in: lanes) }
    }

    private func note(_ result: GraphSendResult, begun: ContinuousClock.Instant) {
        switch result {
        case .accepted: reach.found()
        // Without a status it was refused here already.
        case .refused(let refusal): if refusal.httpStatus > 0 { reach.found() }
        case .notSent(let reason): reach.lost(begun: begun, why: reason)
        // Something took the request, and nobody knows what.
        case .unknown: break
        }
    }

    private func read(_ result: GraphSendResult) -> (SendEvent, AttemptOutcome) {
        switch result {
        case .accepted:
            metrics.count(.accepted)
            return (.accepted, .accepted)
        case .refused(let refusal):
            let rule = refusal.rule
            metrics.count(rule.class)
            let event = SendEvent.refused(rule, retryAfter: refusal.retryAfterSeconds.map { Int64($0) * 1_000 })
            switch rule.class {
            case .maybeSent: return (event, .unknown)
            case .retryMessage, .retryRecipient, .retryNumber, .retryApp, .pauseNumber, .fail, .useTemplate:
                return (event, .refused)
            }
        case .notSent(let reason):
            metrics.count(.notSent)
            return (.notSent(reason), .notSent)
        case .unknown(let reason):
            metrics.count(.lost)
            return (.lost(reason), .unknown)
        }
    }

    /// What becomes of the turn: the row that is queued again needs another, at the head of its lane where the lane is
    /// held, or after a while.
    private func jobResult(_ status: SendStatus?, _ change: SendChange, turn: ClaimedTurn) -> JobResult {
        guard status == .queued else { return .completed }
        switch change.due {
        case .after(0): return .moved(to: turn.turn.number, first: true)
        case .after(let delay): return turn.turn.deferred(milliseconds: delay, from: turn.job)
        case .whenWindowOpens, nil: return .completed
        }
    }
}
