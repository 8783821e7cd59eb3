import SendPolicy
import TestSupport
import Testing

/// When a send is tried again, and when it is given up.
@Suite("Retries of sends") struct SendRetryTests {
    private static let day: Int64 = 86_400_000

    private func decide(_ state: SendState, code: Int?, status: Int = 400, retryAfter: Int64? = nil) -> SendChange? {
        var random = SeededRandom(seed: 7)
        let rule = SendErrorTable.rule(code: code, httpStatus: status)
        return SendMachine.decide(state, .refused(rule, retryAfter: retryAfter), using: &random)
    }

    private func state(attempts: Int = 1, age: Int64 = 0, tries: SendTries = SendTries()) -> SendState {
        SendState(status: .sending, attempts: attempts, age: age, tries: tries)
    }

    @Test("a proxy's refusals end a message after ten of them, however often it was throttled in between")
    func proxy() {
        let throttled = decide(state(attempts: 500, tries: SendTries(message: 8, recipient: 90, app: 90)), code: nil)
        #expect(throttled?.status == .queued && throttled?.tally == .refused(.message))
        let last = decide(state(attempts: 501, tries: SendTries(message: 9)), code: nil)
        #expect(last?.status == .failed)
        #expect(last?.reason?.text.contains("after 501 attempts in all it is given up") == true)
    }

    @Test("throttles end a message after a day of them, and not by their number", arguments: [4, 130_429, 131_056])
    func throttles(code: Int) {
        let many = SendTries(message: 9, recipient: 1_000, app: 1_000)
        #expect(decide(state(attempts: 2_000, age: Self.day - 1, tries: many), code: code)?.status == .queued)
        let over = decide(state(age: Self.day), code: code)
        #expect(over?.status == .failed && over?.reason?.text.contains("a day") == true)
    }

    @Test("131056 waits 4^n s, where n counts its own refusals: six throttles of the number before change nothing")
    func recipient() {
        for (earlier, seconds) in [(0, 1), (1, 4), (2, 16), (5, 1_024), (6, 4_096), (50, 4_096)] as [(Int, Int64)] {
            let tries = SendTries(message: 6, recipient: earlier, app: 6)
            let change = decide(state(attempts: 40, tries: tries), code: 131_056)
            #expect(change?.due == .after(seconds * 1_000), "\(earlier)")
            #expect(change?.brake == .recipient(seconds * 1_000))
            #expect(change?.tally == .refused(.recipient))
        }
    }

    @Test("a message's own delay grows with its own refusals only, an app's hold with the app's")
    func ownCounts() {
        for seed: UInt64 in 0..<50 {
            var random = SeededRandom(seed: seed)
            let foreign = SendTries(message: 0, recipient: 30, app: 30)
            #expect((0...2_000).contains(SendRetry.delay(.message, after: foreign, atLeast: nil, using: &random)))
            let others = SendTries(message: 30, recipient: 30, app: 0)
            #expect((1_000...6_000).contains(SendRetry.appHold(after: others, retryAfter: nil, using: &random)))
            let own = SendTries(message: 30)
            #expect((0...600_000).contains(SendRetry.delay(.message, after: own, atLeast: nil, using: &random)))
        }
    }

    @Test("Retry-After of nothing asks for nothing: the number is held all the same", arguments: [0, -1] as [Int64])
    func noTime(retryAfter: Int64) {
        #expect(decide(state(), code: 130_429, retryAfter: retryAfter)?.brake == .number(nil))
        #expect(decide(state(), code: 131_000, status: 500, retryAfter: retryAfter)?.brake == nil)
        guard case .app(let hold) = decide(state(), code: 4, retryAfter: retryAfter)?.brake else {
            Issue.record("no hold of the app")
            return
        }
        #expect(hold >= 1_000)
        #expect(decide(state(), code: 130_429, retryAfter: 7_000)?.brake == .number(7_000))
    }

    @Test(
        "a gateway's Retry-After holds a number, or keeps a message, for five minutes at most; Meta's for what it says",
        arguments: [
            (nil, 503, .number(300_000)), (nil, 502, .number(300_000)), (nil, 429, .number(300_000)),
            // A gateway's own JSON error.
            (503, 503, .number(300_000)),
            (2, 503, .number(86_400_000)), (131_000, 500, .number(86_400_000)), (130_429, 400, .number(86_400_000)),
            (4, 400, .app(86_400_000)),
        ] as [(Int?, Int, SendChange.Brake)])
    func longestAsked(code: Int?, status: Int, brake: SendChange.Brake) {
        #expect(decide(state(), code: code, status: status, retryAfter: Self.day)?.brake == brake)
    }

    @Test("what a gateway asks for within five minutes is waited for, and so is a proxy's refusal of one message")
    func asked() {
        for asked: Int64 in [1, 7_000, 300_000] {
            #expect(decide(state(), code: nil, status: 503, retryAfter: asked)?.brake == .number(asked))
        }
        #expect(decide(state(), code: nil, status: 503, retryAfter: 300_001)?.brake == .number(300_000))
        #expect(decide(state(), code: nil, status: 403, retryAfter: Self.day)?.due == .after(300_000))
        #expect(decide(state(), code: 134_101, retryAfter: Self.day)?.due == .after(Self.day))
    }

    @Test("what the message is not to blame for lets its limits begin anew, however old it is")
    func anew() {
        let old = SendState(status: .sending, attempts: 9, age: 4 * Self.day, tries: SendTries(message: 9))
        let paused = decide(old, code: 190)
        #expect(paused?.status == .queued && paused?.tally == .anew)
        let closed = decide(old, code: 131_047)
        #expect(closed?.due == .whenWindowOpens && closed?.tally == .anew)
        var random = SeededRandom(seed: 1)
        let unknown = SendState(status: .unknown, attempts: 9, age: 4 * Self.day, tries: SendTries(message: 9))
        let resent = SendMachine.decide(unknown, .graceOver(intakeLives: true), using: &random)
        #expect(resent?.status == .queued && resent?.tally == .anew)
    }

    @Test("what could not be handed over is undone, never given up, and expires in its time")
    func notSent() {
        var random = SeededRandom(seed: 1)
        let old = SendState(status: .sending, attempts: 900, age: 90 * Self.day, tries: SendTries(message: 9))
        let change = SendMachine.decide(old, .notSent("no connection in time"), using: &random)
        #expect(change?.status == .queued && change?.due == .after(0) && change?.tally == .undone)
        #expect(change?.reason?.text == "WhatsApp could not be reached (no connection in time).")
        let late = SendState(status: .sending, expiresIn: 0)
        #expect(SendMachine.decide(late, .notSent("x"), using: &random)?.status == .expired)
    }
}
