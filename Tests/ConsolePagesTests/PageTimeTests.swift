import Testing

@testable import ConsolePages

@Suite struct PageTimeTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"), (1_764_106_392, "2025-11-25T21:33:12Z"),
        (-1, "1969-12-31T23:59:59Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
    ])
    func writesTheGregorianDate(seconds: Int64, text: String) {
        #expect(PageTime(microseconds: seconds * 1_000_000).iso == text)
    }

    @Test func staysInCalendarsAtBothEnds() {
        #expect(PageTime(microseconds: .max).iso.count > 10)
        #expect(PageTime(microseconds: .min).iso.count > 10)
    }

    @Test(arguments: [
        (0, "0 s"), (59, "59 s"), (60, "1 min"), (3600, "1 h"), (3660, "1 h 1 min"), (86_400, "1 day"),
        (432_000, "5 days"), (-5, "0 s"),
    ])
    func saysSpansInWords(seconds: Double, words: String) {
        #expect(PageTime.words(seconds: seconds) == words)
    }
}
