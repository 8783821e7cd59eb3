import Testing

@testable import GraphClient

@Suite("Retry-After (RFC 9110, section 10.2.3)")
struct RetryAfterTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT
    private static let now: Int64 = 784_111_777

    @Test(
        "seconds, and dates in all three forms, by the sender's clock where it tells the time",
        arguments: [
            ("7", nil, 7), ("0", nil, 0), (" 12", nil, 12), ("86400", nil, 86_400), ("86401", nil, 86_400),
            ("99999999999999999999999", nil, 86_400),
            ("Sun, 06 Nov 1994 08:49:44 GMT", nil, 7), ("Sunday, 06-Nov-94 08:49:44 GMT", nil, 7),
            ("Sun Nov  6 08:49:44 1994", nil, 7), ("Sun Nov 06 08:49:44 1994", nil, 7),
            ("Mon, 07 Nov 1994 08:49:37 GMT", nil, 86_400), ("Tue, 08 Nov 1994 08:49:37 GMT", nil, 86_400),
            ("Sun, 06 Nov 1994 08:49:30 GMT", nil, 0), ("Thu, 01 Jan 1970 00:00:00 GMT", nil, 0),
            // A year of two digits that lies more than 50 years ahead is one of the last century.
            ("Sunday, 06-Nov-70 08:49:44 GMT", nil, 0), ("Sunday, 06-Nov-43 08:49:44 GMT", nil, 86_400),
            // A clock an hour ahead of ours means its own time.
            ("Sun, 06 Nov 1994 09:49:44 GMT", "Sun, 06 Nov 1994 09:49:37 GMT", 7),
            ("Sun, 06 Nov 1994 08:49:44 GMT", "nonsense", 7),
        ] as [(String, String?, Int)])
    func read(text: String, sentAt: String?, expected: Int) {
        #expect(RetryAfter.seconds(text, sentAt: sentAt, now: Self.now) == expected)
    }

    @Test(
        "what is neither is nothing",
        arguments: [
            "", " ", "-5", "+5", "7.5", "7s", "0x10", "soon", "٧", "Sun, 06 Nov 1994 08:49:44",
            "Sun, 06 Nov 1994 08:49:44 CET", "Sun, 32 Nov 1994 08:49:44 GMT", "Sun, 06 Nix 1994 08:49:44 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:44 GMT", "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 19940 08:49:44 GMT", "Sun, 06 Nov -994 08:49:44 GMT", "Day, 06 Nov 1994 08:49:44 GMT",
            "Sun, 06 Nov 1994 08:49:44 GMT, Sun, 06 Nov 1994 08:49:44 GMT", String(repeating: "1 ", count: 10_000),
        ])
    func nonsense(text: String) {
        #expect(RetryAfter.seconds(text, sentAt: nil, now: Self.now) == nil)
    }

    @Test("leap days and the turn of years are counted as the calendar has them")
    func calendar() {
        func seconds(_ text: String) -> Int64? { HTTPTime.seconds(text[...], now: Self.now) }
        #expect(seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
        #expect(seconds("Tue, 29 Feb 2000 00:00:00 GMT") == 951_782_400)
        #expect(seconds("Wed, 01 Mar 2000 00:00:00 GMT") == 951_868_800)
        #expect(seconds("Sun, 28 Feb 2100 23:59:59 GMT") == 4_107_542_399)
        #expect(seconds("Mon, 01 Mar 2100 00:00:00 GMT") == 4_107_542_400)
        #expect(seconds("Fri, 31 Dec 2027 23:59:59 GMT") == 1_830_297_599)
    }
}
