import JobLifecycle
import Testing

@Suite struct JobLifecycleTests {
    private let lifecycle = JobLifecycle(
        policy: RetryPolicy(base: 1_000, cap: 60_000, maximumAttempts: 5, maximumAge: 3_600_000))
    private let fresh = JobProgress(attempt: 0, crashes: 0, receivedAt: 1_000_000)

    private func decide(_ job: JobProgress, _ outcome: JobOutcome, now: Int64 = 1_000_100) -> JobTransition {
        var random = SystemRandomNumberGenerator()
        return lifecycle.decide(job, outcome, now: now, using: &random)
    }

    @Test("success completes, refusal buries, a stop releases, a move moves, whatever the past", arguments: [0, 3, 99])
    func plainOutcomes(attempt: Int) {
        let job = JobProgress(attempt: attempt, crashes: attempt, receivedAt: 0)
        #expect(decide(job, .completed) == .complete)
        #expect(decide(job, .rejected) == .bury(.rejected))
        #expect(decide(job, .released) == .release)
        #expect(decide(job, .moved(to: "106540352242922")) == .move(to: "106540352242922"))
    }

    @Test("a deferral spends no attempt and never lies in the past")
    func deferral() {
        #expect(decide(fresh, .deferred(until: 1_005_100)) == .deferral(after: 5_000))
        #expect(decide(fresh, .deferred(until: 0)) == .deferral(after: 0))
    }

    @Test("a failure is retried within the ceiling of its attempt", arguments: 0..<4)
    func retryWithinCeiling(attempt: Int) throws {
        for _ in 0..<200 {
            let job = JobProgress(attempt: attempt, crashes: 0, receivedAt: 1_000_000)
            guard case .retry(let delay) = decide(job, .failed(retryAfter: nil)) else {
                Issue.record("attempt \(attempt) was not retried")
                return
            }
            #expect((0...(1_000 << Int64(attempt))).contains(delay))
        }
    }

    @Test("what the other side asked to wait is waited at least")
    func retryAfter() {
        guard case .retry(let delay) = decide(fresh, .failed(retryAfter: 7_000)) else {
            Issue.record("not retried")
            return
        }
        #expect(delay >= 7_000)
    }

    @Test("the last allowed failure buries, and so does a failure past the age limit")
    func limits() {
        #expect(
            decide(JobProgress(attempt: 4, crashes: 0, receivedAt: 1_000_000), .failed(retryAfter: nil))
                == .bury(.attemptsExhausted))
        #expect(decide(fresh, .failed(retryAfter: nil), now: 1_000_000 + 3_600_001) == .bury(.tooOld))
    }

    @Test("age never stops a job that succeeds, however late its first attempt")
    func lateFirstAttempt() {
        #expect(decide(fresh, .completed, now: .max) == .complete)
    }

    @Test("ceilings double up to the cap and do not overflow")
    func ceilings() {
        let policy = lifecycle.policy
        #expect((0..<8).map(policy.ceiling(failures:)) == [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
        #expect(policy.ceiling(failures: 10_000) == 60_000)
        #expect(policy.ceiling(failures: -1) == 1_000)
    }

    @Test("without limits a job is retried for ever")
    func unlimited() {
        let patient = JobLifecycle(policy: RetryPolicy(base: 1, cap: 1, maximumAttempts: nil, maximumAge: nil))
        var random = SystemRandomNumberGenerator()
        let old = JobProgress(attempt: 1_000_000, crashes: 0, receivedAt: 0)
        guard case .retry = patient.decide(old, .failed(retryAfter: nil), now: .max, using: &random) else {
            Issue.record("not retried")
            return
        }
    }
}
