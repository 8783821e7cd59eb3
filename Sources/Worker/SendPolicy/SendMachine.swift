/// The state machine of an outbound message: a row's state and an event give the change, or nil where the event changes
/// nothing. Pure: time is part of the state, chance is handed in.
///
/// ```
/// queued ──▶ sending ──▶ accepted ──▶ sent ──▶ delivered ──▶ read, played
///   ▲  │        │  └──▶ unknown ──▶ any of these, or queued again once, or held for a person
///   │  │        ▼
///   │  └──▶ expired, failed, cancelled
///   └── what certainly did not go out and may be tried again
/// ```
public enum SendMachine {
    public static func decide(
        _ state: SendState, _ event: SendEvent, using random: inout some RandomNumberGenerator
    ) -> SendChange? {
        switch event {
        case .accepted: return underWay(state) ? SendChange(.accepted) : nil
        case .refused(let rule, let retryAfter):
            return underWay(state) ? refused(state, rule, retryAfter, canBeSent: true, &random) : nil
        case .notSent(let why):
            guard underWay(state) else { return nil }
            if state.isExpired { return SendChange(.expired, reason: .expired) }
            // Nothing is wrong with the message: it waits until Meta can be reached, and no limit of its own counts.
            return SendChange(
                .queued, due: .after(0),
                reason: SendReason(code: "not-sent", text: "WhatsApp could not be reached (\(why))."), tally: .undone)
        case .lost(let why):
            guard state.status == .sending else { return nil }
            return SendChange(
                .unknown,
                reason: SendReason(
                    code: "outcome-unknown",
                    text: "WhatsApp did not answer (\(why)); whether it went out is being checked."))
        case .ownerDied:
            return state.status == .sending ? SendChange(.unknown, reason: .ownerDied) : nil
        case .reportedFailed(let rule):
            guard state.status == .failed else { return nil }
            if let standing = state.standing { return SendChange(standing) }
            return refused(state, rule, nil, canBeSent: false, &random)
        case .reported(let status, let attempt): return reported(state, status, attempt)
        case .graceOver(let intakeLives): return graceOver(state, intakeLives)
        case .windowClosed: return state.status == .queued ? closed(state, saidByMeta: false) : nil
        case .expired: return state.status == .queued ? SendChange(.expired, reason: .expired) : nil
        }
    }

    /// An answer counts also when its worker was taken for dead meanwhile.
    private static func underWay(_ state: SendState) -> Bool {
        state.status == .sending || state.status == .unknown
    }

    /// - Parameter canBeSent: whether a class that says "may have been sent" leaves that open. For an error that came as
    ///   a status it does not: the attempt has failed.
    private static func refused(
        _ state: SendState, _ rule: SendErrorRule, _ retryAfter: Int64?, canBeSent: Bool,
        _ random: inout some RandomNumberGenerator
    ) -> SendChange {
        let reason = SendReason(rule)
        let retryAfter = SendRetry.asked(retryAfter, by: rule)
        let least = max(retryAfter ?? 0, Int64(rule.waitSeconds ?? 0) * 1_000)
        switch rule.class {
        case .retryMessage:
            return retry(state, .message, atLeast: least, reason, &random)
        case .retryRecipient:
            var change = retry(state, .recipient, atLeast: least, reason, &random)
            if case .after(let delay) = change.due { change.brake = .recipient(delay) }
            return change
        case .retryNumber:
            var change = retry(state, .number, atLeast: nil, reason, &random)
            change.brake = .number(retryAfter)
            return change
        case .retryApp:
            let hold = SendRetry.appHold(after: state.tries, retryAfter: retryAfter, using: &random)
            var change = retry(state, .app, atLeast: nil, reason, &random)
            change.brake = .app(hold)
            return change
        case .pauseNumber:
            // Nothing is wrong with the message: it waits with all others, and no limit of its own counts.
            return SendChange(.queued, due: .after(0), brake: .pause(reason.text), reason: reason, tally: .anew)
        case .fail:
            return SendChange(.failed, reason: reason)
        case .useTemplate:
            if state.kind == .template || state.sentAsTemplate { return SendChange(.failed, reason: reason) }
            return closed(state, saidByMeta: true)
        case .maybeSent:
            if canBeSent {
                let asked: SendChange.Brake? = least > 0 ? .number(least) : nil
                return SendChange(.unknown, brake: asked ?? (rule.isOutage ? .number(nil) : nil), reason: reason)
            }
            return retry(state, .message, atLeast: least, reason, &random)
        }
    }

    private static func retry(
        _ state: SendState, _ class: SendRetry.Class, atLeast least: Int64?, _ reason: SendReason,
        _ random: inout some RandomNumberGenerator
    ) -> SendChange {
        if state.isExpired { return SendChange(.expired, reason: .expired) }
        if let why = SendRetry.end(`class`, state) {
            let end = SendReason(
                code: reason.code,
                text: "\(reason.text) \(why), and after \(state.attempts) attempts in all it is given up.")
            return SendChange(.failed, reason: end)
        }
        let delay = SendRetry.delay(`class`, after: state.tries, atLeast: least, using: &random)
        return SendChange(.queued, due: .after(delay), reason: reason, tally: .refused(`class`))
    }

    private static func closed(_ state: SendState, saidByMeta: Bool) -> SendChange {
        switch SendWindow.decide(state) {
        case .sendTemplate:
            SendChange(.queued, due: .after(0), reason: .windowClosed, windowIsClosed: saidByMeta, tally: .anew)
        case .wait:
            SendChange(.queued, due: .whenWindowOpens, reason: .windowClosed, windowIsClosed: saidByMeta, tally: .anew)
        case .fail: SendChange(.failed, reason: .windowClosedForGood)
        }
    }

    private static func reported(_ state: SendState, _ status: SendStatus, _ attempt: Int) -> SendChange? {
        if status == .failed {
            // An older attempt's failure says nothing about a newer one, nor does a newer one's about an older one that has
            // gone out; and what waits to be tried again is so because that attempt failed or nobody knew.
            guard attempt == state.attempts, state.standing == nil else { return nil }
            switch state.status {
            case .sending, .unknown, .accepted, .sent, .delivered, .read, .played: return SendChange(.failed)
            case .queued, .failed, .expired, .cancelled: return nil
            }
        }
        guard status.isOnItsWay else { return nil }
        if state.status == .failed { return attempt < state.attempts ? SendChange(status) : nil }
        return status.rank > state.status.rank ? SendChange(status) : nil
    }

    private static func graceOver(_ state: SendState, _ intakeLives: Bool) -> SendChange? {
        guard state.status == .unknown else { return nil }
        func hold(_ reason: SendReason) -> SendChange { SendChange(.unknown, reason: reason, held: true) }
        guard intakeLives else { return hold(.intakeSilent) }
        switch state.onUnknown {
        case .hold: return hold(.held)
        case .resend:
            if state.resends > 0 { return hold(.resentAlready) }
            if state.isExpired { return hold(.expiredUnknown) }
            return SendChange(.queued, due: .after(0), reason: .resend, isResend: true, tally: .anew)
        }
    }
}
