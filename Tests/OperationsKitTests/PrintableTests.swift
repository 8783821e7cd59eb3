import OperationsKit
import Testing

@Suite struct PrintableTests {
    @Test(arguments: [
        ("Acme\u{1B}[2J", "Acme\u{FFFD}[2J"), ("two\nlines\r", "two\u{FFFD}lines\u{FFFD}"),
        ("\u{9B}31m", "\u{FFFD}31m"),
        ("\u{202E}emca\u{202C}", "\u{FFFD}emca\u{FFFD}"),
        ("a\u{2066}b\u{2069}c\u{2067}\u{2068}", "a\u{FFFD}b\u{FFFD}c\u{FFFD}\u{FFFD}"),
        ("\u{200E}\u{200F}\u{61C}\u{202A}\u{202B}\u{202D}", String(repeating: "\u{FFFD}", count: 6)),
        ("a\u{2028}b\u{2029}", "a\u{FFFD}b\u{FFFD}"),
    ])
    func whatSteersATerminalIsReplaced(text: String, shown: String) {
        #expect(text.printable == shown)
    }

    /// Names as people have them, with a joiner in an emoji and in Persian.
    @Test(arguments: ["Ana Müller", "עמית כהן", "می\u{200C}خواهم", "👩\u{200D}🔧 窗", ""])
    func whatPeopleWriteStays(text: String) {
        #expect(text.printable == text)
    }
}
