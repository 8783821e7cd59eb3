import Testing

@testable import ConsolePages

@Suite struct StatusChipTests {
    @Test(arguments: [
        ("token rejected", "token rejected", nil),
        ("The token has expired. Save a new one.", "the token has expired", "Save a new one."),
        ("WABA restricted.", "WABA restricted", nil), ("", "", nil),
    ])
    func aReasonIsOneSentenceInTheChip(reason: String, head: String, rest: String?) {
        let short = StatusChip.short(reason)
        #expect(short.head == head)
        #expect(short.rest == rest)
    }
}
