import JobQueue
import NIOCore
import Testing

@testable import QueueAdministration

struct MaskingTests {
    private static let body =
        #"{"entry":[{"id":"123","changes":[{"value":{"metadata":{"phone_number_id":"100"},"#
        + #""contacts":[{"profile":{"name":"Ana Pérez"},"wa_id":"16505551234"}],"#
        + #""messages":[{"from":16505551234,"id":"wamid.X","type":"text","text":{"body":"my \u001b[31m secret"}}]}}]}]}"#

    @Test func textsNamesAndNumbersAreMaskedAndIdentifiersShown() {
        let shown = MaskedPayload.json(ByteBuffer(string: Self.body), reveal: false)
        for hidden in ["Ana", "secret", "16505551234"] { #expect(!shown.contains(hidden)) }
        for visible in [#""phone_number_id":"100""#, #""id":"wamid.X""#, #""type":"text""#, #""wa_id":"…34""#] {
            #expect(shown.contains(visible))
        }
    }

    @Test func revealedPayloadsCannotMoveTheCursor() {
        let shown = MaskedPayload.json(ByteBuffer(string: Self.body), reveal: true)
        #expect(shown.contains("Ana Pérez"))
        #expect(shown.contains(#"my \u001b[31m secret"#))
        #expect(!shown.unicodeScalars.contains("\u{1b}"))
    }

    @Test(arguments: ["not json, Ana", "", "{"])
    func whatIsNotJSONShowsOnlyItsSize(payload: String) {
        #expect(
            MaskedPayload.json(ByteBuffer(string: payload), reveal: false)
                == "\"<\(payload.utf8.count) bytes that are not JSON>\"")
    }

    @Test func deepNestingIsCut() {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(MaskedPayload.json(ByteBuffer(string: deep), reveal: true).utf8.count < 300)
    }

    @Test func theSignatureOfAWebhookIsNotShown() {
        let job = QueuedJob(
            queue: .inbound, place: .dead, score: 1, bytes: QueueStage.job("a", payload: Self.body))
        for text in [
            JobReport.json(job, reveal: true).line, JobReport.text(job, reveal: true, now: 5),
            JobReport.table([job], reveal: true, now: 5),
        ] {
            #expect(!text.contains("feed"))
        }
    }

    @Test(arguments: [
        ("90s", 90_000), ("90", 90_000), ("15m", 900_000), ("2h", 7_200_000), ("7d", 604_800_000), ("0", 0),
    ])
    func spansAreReadAsOperatorsWriteThem(text: String, milliseconds: Int64) {
        #expect(OperatorSpan(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: ["", "h", "-1h", "+1", "1w", "1.5h", "99999999999", "1 h"])
    func otherSpansAreRefused(text: String) {
        #expect(OperatorSpan(text) == nil)
    }
}
