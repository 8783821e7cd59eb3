import TestSupport
import Testing

@testable import Postgres

@Suite("Pool decisions") struct PostgresPoolStateTests {
    private typealias State = PostgresPoolState<String, Int>

    private let start = ContinuousClock.now

    private func lease(_ state: inout State, _ id: UInt64, within: Duration = .seconds(5)) -> String {
        switch state.lease(id: id, waiter: Int(id), deadline: start.advanced(by: within)) {
        case .take(let connection): "take \(connection)"
        case .wait(let wakeAt): wakeAt == nil ? "wait" : "wait, wake"
        case .refuse(let error): "refuse \(error.kind)"
        }
    }

    private func text(_ decision: State.ReturnDecision) -> String {
        switch decision {
        case .nothing: "nothing"
        case .hand(let connection, let waiter): "\(connection) to \(waiter)"
        }
    }

    @Test("A connection goes to the first who waits")
    func order() {
        var state = State(size: 1)
        #expect(lease(&state, 1) == "wait, wake")
        #expect(lease(&state, 2) == "wait")
        #expect(text(state.connected("a")) == "a to 1")
        #expect(text(state.giveBack("a", isUsable: true)) == "a to 2")
        #expect(text(state.giveBack("a", isUsable: true)) == "nothing")
        #expect(lease(&state, 3) == "take a")
    }

    @Test("A broken connection is missing until another is made")
    func broken() {
        var state = State(size: 2)
        #expect(state.missing == 2)
        #expect(text(state.connected("a")) == "nothing")
        #expect(state.missing == 1)
        #expect(lease(&state, 1) == "take a")
        #expect(state.missing == 1)
        #expect(text(state.giveBack("a", isUsable: false)) == "nothing")
        #expect(state.missing == 2)
    }

    @Test("Only when no connection is left does a failed attempt refuse those who wait, and those who come")
    func failingFast() {
        var state = State(size: 2)
        _ = state.connected("a")
        #expect(lease(&state, 1) == "take a")
        #expect(lease(&state, 2) == "wait, wake")
        #expect(state.connectFailed(.cannotConnect("x")) == [])
        #expect(lease(&state, 3) == "wait")
        _ = state.giveBack("a", isUsable: false)
        #expect(lease(&state, 4) == "refuse connection")
        #expect(state.connectFailed(.cannotConnect("x")) == [2, 3])
        #expect(text(state.connected("b")) == "nothing")
        #expect(lease(&state, 5) == "take b")
    }

    @Test("Those who waited too long are found, and the next wake-up is told")
    func expiry() {
        var state = State(size: 1)
        #expect(lease(&state, 1, within: .seconds(5)) == "wait, wake")
        #expect(lease(&state, 2, within: .seconds(9)) == "wait")
        #expect(lease(&state, 3, within: .seconds(1)) == "wait, wake")
        let (expired, wakeAt) = state.expire(now: start.advanced(by: .seconds(5)))
        #expect(expired == [1, 3])
        #expect(wakeAt == start.advanced(by: .seconds(9)))
        #expect(state.cancel(id: 1) == nil)
        #expect(state.cancel(id: 2) == 2)
        #expect(state.expire(now: start.advanced(by: .seconds(60))).wakeAt == nil)
    }

    @Test("After the shutdown nobody is served, and the end is reached with the last lease")
    func shutDown() {
        var state = State(size: 3)
        _ = state.connected("a")
        _ = state.connected("b")
        #expect(lease(&state, 1) == "take b")
        #expect(lease(&state, 2) == "take a")
        #expect(lease(&state, 3) == "wait, wake")
        _ = state.giveBack("a", isUsable: true)
        #expect(state.waiting == 0)
        let (refused, closing) = state.shutDown()
        #expect(refused == [])
        #expect(closing == [])
        #expect(lease(&state, 4) == "refuse connection")
        #expect(!state.isDrained)
        #expect(text(state.giveBack("b", isUsable: true)) == "nothing")
        #expect(text(state.giveBack("a", isUsable: true)) == "nothing")
        #expect(state.isDrained)
        #expect(state.missing == 0)
    }

    @Test(
        "The pause between attempts doubles up to its cap and is drawn from the whole span",
        arguments: [(1, 50), (2, 100), (5, 800), (6, 1000), (1_000_000, 1000)])
    func backoff(failures: Int, span: Int) {
        let backoff = ReconnectBackoff()
        var random = SeededRandom(seed: 7)
        let pauses = (0..<500).map { _ in backoff.delay(afterFailures: failures, using: &random) }
        let span = Duration.milliseconds(span)
        #expect(pauses.allSatisfy { $0 >= .zero && $0 <= span })
        #expect(pauses.contains { $0 < span / 20 })
        #expect(pauses.contains { $0 > span * 19 / 20 })
    }
}
