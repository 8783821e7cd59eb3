import SendPolicy
import TestSupport
import Testing

@Suite("Whether Meta can be reached") struct ReachabilityTests {
    private let start = ContinuousClock.now

    @Test("while it cannot, one batch at a time finds out, at distances that double up to half a minute")
    func probes() throws {
        var (reach, random, now) = (Reachability(), SeededRandom(seed: 3), start)
        var seconds: [Double] = []
        for _ in 0..<10 {
            let mayProbe = reach.mayClaim(now: now, using: &random)
            let lost = reach.lost(begun: now, now: now + .milliseconds(5), using: &random)
            let pause = try #require(lost)
            now += .milliseconds(5)
            let tooEarly = reach.mayClaim(now: now + pause - .milliseconds(1), using: &random)
            #expect(mayProbe && !tooEarly)
            seconds.append(pause / .seconds(1))
            now += pause
        }
        for (pause, expected) in zip(seconds, [0.5, 1, 2, 4, 8, 16, 30, 30, 30, 30]) {
            #expect((expected * 0.79...expected * 1.21).contains(pause), "\(seconds)")
        }
        let probe = reach.mayClaim(now: now, using: &random)
        // Its answer is not there yet.
        let another = reach.mayClaim(now: now + .seconds(1), using: &random)
        #expect(probe && !another)
    }

    @Test("a volley is one failure, and what had begun before is turned away")
    func volley() {
        var (reach, random) = (Reachability(), SeededRandom(seed: 3))
        let now = start + .seconds(1)
        #expect(reach.maySend(begun: start))
        let first = reach.lost(begun: start, now: now, using: &random)
        #expect(!reach.maySend(begun: start) && !reach.maySend(begun: now))
        let second = reach.lost(begun: start, now: now + .seconds(9), using: &random)
        #expect(first != nil && second == nil)
        #expect(reach.maySend(begun: now + .milliseconds(1)))
    }

    @Test("an answer ends it, and the next failure is the first again")
    func found() throws {
        var (reach, random) = (Reachability(), SeededRandom(seed: 3))
        for step in 0..<5 {
            _ = reach.lost(begun: start + .seconds(step), now: start + .seconds(step), using: &random)
        }
        #expect(reach.isLost)
        let (isNews, again) = (reach.found(), reach.found())
        #expect(isNews && !again)
        let mayClaim = reach.mayClaim(now: start, using: &random)
        #expect(mayClaim && !reach.isLost && reach.maySend(begun: start))
        let lost = reach.lost(begun: start + .seconds(9), now: start + .seconds(9), using: &random)
        #expect(try #require(lost) <= .milliseconds(600))
    }
}
