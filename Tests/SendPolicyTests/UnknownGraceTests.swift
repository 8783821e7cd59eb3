import SendPolicy
import Testing

/// Times in milliseconds since the attempt began, with a grace of 120 s.
@Suite("Grace of sends with an unknown outcome")
struct UnknownGraceTests {
    private static let grace = UnknownGrace(milliseconds: 120_000)

    private func decide(intakeAt: Int64?, now: Int64) -> UnknownGrace.Decision {
        Self.grace.decide(since: 0, intakeAt: intakeAt, now: now)
    }

    @Test("with intake alive all the while it is over after its length")
    func alive() {
        #expect(decide(intakeAt: 5_000, now: 119_999) == .wait)
        #expect(decide(intakeAt: 5_000, now: 120_000) == .over(intakeLives: true))
    }

    @Test("what was stored before this send's own status could have been is no sign")
    func early() {
        #expect(decide(intakeAt: 4_999, now: 300_000) == .wait)
        #expect(decide(intakeAt: -1, now: 1_200_000) == .over(intakeLives: false))
    }

    @Test("without any sign it is ten times as long, and then a person's")
    func silent() {
        #expect(decide(intakeAt: nil, now: 1_199_999) == .wait)
        #expect(decide(intakeAt: nil, now: 1_200_000) == .over(intakeLives: false))
    }

    @Test(
        "after a silence it is longer by that silence: for so long Meta may wait before it tries a webhook again",
        arguments: [(65_000, 60_000), (605_000, 600_000), (3_605_000, 3_600_000)] as [(Int64, Int64)])
    func afterSilence(intakeAt: Int64, silence: Int64) {
        let end = silence + 120_000 + silence
        #expect(decide(intakeAt: intakeAt, now: end - 1) == .wait)
        #expect(decide(intakeAt: intakeAt, now: end) == .over(intakeLives: true))
    }

    @Test("a clock that was set back makes it longer, never shorter")
    func clock() {
        #expect(decide(intakeAt: 5_000, now: -3_600_000) == .wait)
        #expect(decide(intakeAt: -3_600_000, now: 1_000) == .wait)
    }
}
