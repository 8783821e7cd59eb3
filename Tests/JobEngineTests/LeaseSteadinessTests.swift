import JobLifecycle
import Testing

@testable import JobEngine

@Suite struct LeaseSteadinessTests {
    private static let start = ContinuousClock.now

    /// Answers at these milliseconds, by our clock and by Redis' alike, and whether others may then be declared dead at `now`.
    private static func mayBury(answers: [Int64], at now: Int64, redisAhead: [Int64] = []) -> Bool {
        var steadiness = LeaseSteadiness(lease: .seconds(10))
        var last: Int64 = 0
        for (index, time) in answers.enumerated() {
            last = 1_000_000 + time + (index < redisAhead.count ? redisAhead[index] : 0)
            steadiness.answered(redisTime: last, at: start + .milliseconds(time))
        }
        let beat = steadiness.steadyBeat(at: start + .milliseconds(now))
        #expect(beat == nil || beat == last)
        return beat != nil
    }

    private static func seconds(_ range: ClosedRange<Int64>, but missing: Set<Int64> = []) -> [Int64] {
        range.filter { !missing.contains($0) }.map { $0 * 1_000 }
    }

    @Test("only after a whole lease of answered heartbeats")
    func wholeLease() {
        #expect(!Self.mayBury(answers: [], at: 60_000))
        #expect(!Self.mayBury(answers: Self.seconds(0...9), at: 9_999))
        #expect(Self.mayBury(answers: Self.seconds(0...9), at: 10_000))
    }

    @Test(
        "attempts that failed are no gap where the next was answered in time: a death nearby waits for no second lease")
    func cutConnection() {
        #expect(Self.mayBury(answers: Self.seconds(0...10, but: [7, 8, 9]), at: 10_000))
        #expect(Self.mayBury(answers: Self.seconds(0...6) + [8_200, 9_200], at: 10_000))
    }

    @Test("answers too far apart are: the lease begins anew, as after a stall of Redis")
    func stall() {
        let answers = Self.seconds(0...20, but: [7, 8, 9, 10])
        #expect(!Self.mayBury(answers: answers, at: 20_999))
        #expect(Self.mayBury(answers: answers, at: 21_000))
        #expect(!Self.mayBury(answers: answers, at: 24_000), "no answer for so long now")
    }

    @Test("a jump of Redis' clock is a gap too, forward as back", arguments: [5_000, -6_000] as [Int64])
    func redisClock(jump: Int64) {
        let ahead = (0...20).map { Int64($0 > 8 ? jump : 0) }
        #expect(!Self.mayBury(answers: Self.seconds(0...18), at: 18_500, redisAhead: ahead))
        #expect(Self.mayBury(answers: Self.seconds(0...19), at: 19_000, redisAhead: ahead))
    }

    @Test("who misses the breath between two stalls that are no gaps is within its lease still")
    func margin() {
        let settings = ConsumerConfiguration(
            consumers: 1, batch: 1,
            lifecycle: .init(policy: .init(base: 1, cap: 1, maximumAttempts: nil, maximumAge: nil)))
        let lease = settings.lease.milliseconds
        let heartbeat = settings.heartbeat.milliseconds
        #expect(heartbeat + 2 * LeaseSteadiness.longestGap(ofLease: lease) < lease)
    }
}
