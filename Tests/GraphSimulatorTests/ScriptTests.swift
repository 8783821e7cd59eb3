import TestSupport
import Testing

@testable import GraphSimulator

@Suite("What the simulator's script and throttles decide")
struct ScriptTests {
    static func attempt(
        _ key: String?, earlier: Int = 0, number: String = "1", recipient: String = "+16505551234",
        type: String = "text"
    ) -> SendScript.Attempt {
        SendScript.Attempt(number: number, recipient: recipient, type: type, messageKey: key, earlier: earlier)
    }

    @Test("A message is known by its callback data without the attempt")
    func messageKey() {
        let cases = [
            ("01J.1", "01J"), ("01J.12", "01J"), ("a.b.3", "a.b"), ("01J", "01J"), ("01J.", "01J."), ("01J.x", "01J.x"),
            (".1", ".1"), ("", ""),
        ]
        for (data, key) in cases { #expect(MessageKey.of(callbackData: data) == key) }
    }

    @Test("A rule with a probability strikes its share, the same messages in whatever order they come")
    func probability() {
        let keys = (0..<10_000).map { "01J\($0)" }
        func struck(_ keys: [String], seed: UInt64) -> Set<String> {
            var script = SendScript(seed: seed)
            script.add(ScriptRule(.cutAfter, probability: 0.05, firstAttemptOnly: true))
            return Set(keys.filter { script.strike(Self.attempt($0)) != nil })
        }
        let first = struck(keys, seed: 1)
        #expect((400...600).contains(first.count))
        #expect(struck(keys.reversed(), seed: 1) == first)
        #expect(struck(keys, seed: 2) != first)
    }

    @Test("Rules with probabilities strike independently, and the first that strikes decides")
    func severalRules() {
        var script = SendScript(seed: 7)
        script.add(ScriptRule(.refuse(GraphError(code: 130_429)), probability: 0.05, firstAttemptOnly: true))
        script.add(ScriptRule(.cutAfter, probability: 0.05, firstAttemptOnly: true))
        script.add(ScriptRule(.loseAnswer, probability: 0.02, firstAttemptOnly: true))
        var counts = [0, 0, 0]
        for index in 0..<20_000 {
            switch script.strike(Self.attempt("01J\(index)"))?.effect {
            case .refuse: counts[0] += 1
            case .cutAfter: counts[1] += 1
            case .loseAnswer: counts[2] += 1
            case .answer, .cutBefore, .fail, .take, nil: break
            }
        }
        #expect((850...1_150).contains(counts[0]))
        #expect((800...1_100).contains(counts[1]))
        #expect((290...450).contains(counts[2]))
    }

    @Test("A rule for first attempts leaves the second alone, and one for so many times ends")
    func ends() {
        var script = SendScript(seed: 1)
        script.add(ScriptRule(.cutBefore, firstAttemptOnly: true, times: 2))
        #expect(script.strike(Self.attempt("a", earlier: 1)) == nil)
        #expect(script.strike(Self.attempt("a")) != nil)
        #expect(script.strike(Self.attempt("b")) != nil)
        #expect(script.strike(Self.attempt("c")) == nil)
    }

    @Test("A rule strikes whom it names, with or without the plus sign")
    func names() {
        var script = SendScript(seed: 1)
        script.add(ScriptRule(.take, number: "1", recipient: "16505551234", type: "text"))
        #expect(script.strike(Self.attempt("a")) != nil)
        #expect(script.strike(Self.attempt("a", number: "2")) == nil)
        #expect(script.strike(Self.attempt("a", recipient: "+16505551235")) == nil)
        #expect(script.strike(Self.attempt("a", type: "template")) == nil)
    }

    @Test("A number takes 80 a second, with a second's worth at once")
    func numberThrottle() {
        var throttle = ThrottleState(limits: .meta)
        var taken = 0
        for index in 0..<200 {
            if throttle.take(number: "1", recipient: "\(index)", at: 1_000) == nil { taken += 1 }
        }
        #expect(taken == 80)
        #expect(throttle.take(number: "1", recipient: "x", at: 1_005)?.code == 130_429)
        #expect(throttle.take(number: "2", recipient: "x", at: 1_005) == nil)
        #expect(throttle.take(number: "1", recipient: "x", at: 1_013) == nil)
        taken = 0
        for time in 0..<10_000 {
            if throttle.take(number: "1", recipient: "\(time)", at: 2_013 + Int64(time)) == nil { taken += 1 }
        }
        #expect((870...881).contains(taken))
        throttle.numberPerSecond["1"] = .some(nil)
        for index in 0..<200 { #expect(throttle.take(number: "1", recipient: "\(index)", at: 20_000) == nil) }
    }

    @Test("A recipient gets 45 at once, then one in six seconds; other recipients do not notice")
    func pairThrottle() {
        var throttle = ThrottleState(limits: Throttles(pairBurst: 45))
        var taken = 0
        for _ in 0..<100 {
            if throttle.take(number: "1", recipient: "a", at: 0) == nil { taken += 1 }
        }
        #expect(taken == 45)
        #expect(throttle.take(number: "1", recipient: "b", at: 0) == nil)
        #expect(throttle.take(number: "1", recipient: "a", at: 5_999)?.code == 131_056)
        #expect(throttle.take(number: "1", recipient: "a", at: 6_000) == nil)
        #expect(throttle.take(number: "1", recipient: "a", at: 6_000)?.code == 131_056)
    }

    @Test("Webhooks come out in the order of their time, statuses of one number together up to their batch")
    func mailbag() {
        func status(_ wamid: String, number: String = "1", batch: Int = 10) -> Mailbag.Letter {
            .status(
                StatusItem(
                    status: "sent", wamid: wamid, recipient: "1", number: BusinessNumber(phoneNumberID: number)),
                batch: batch)
        }
        func names(_ entries: [Mailbag.Entry]) -> [String] {
            entries.map { entry in
                switch entry.letter {
                case .status(let item, _): item.wamid
                case .message(_, let wamid): wamid
                }
            }
        }
        var bag = Mailbag()
        var random = SeededRandom(seed: 3)
        for due in (0..<100).shuffled(using: &random) { bag.put(status("\(due)"), due: Int64(due)) }
        bag.put(.message(body: [], wamid: "m"), due: 4)
        bag.put(status("other", number: "2"), due: 6)
        #expect(bag.take(at: -1).isEmpty)
        #expect(names(bag.take(at: 50)) == ["0", "1", "2", "3", "4"])
        #expect(names(bag.take(at: 50)) == ["m"])
        #expect(names(bag.take(at: 50)) == ["5", "6"])
        #expect(names(bag.take(at: 50)) == ["other"])
        #expect(names(bag.take(at: 9)) == ["7", "8", "9"])
        #expect(names(bag.take(at: 1_000)) == (10..<20).map { "\($0)" })
        #expect(bag.count == 80)
    }
}
