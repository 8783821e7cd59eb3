import Testing

@testable import QueueAdministration

@Suite struct RedactionTests {
    private let redaction = PayloadRedaction(identities: ["16505550001", "US.ana12"])

    private func redacted(_ text: String) -> String? {
        switch redaction.apply(to: Array(text.utf8)) {
        case .untouched: text
        case .removed: nil
        case .replaced(let bytes): String(decoding: bytes, as: UTF8.self)
        }
    }

    @Test("what names the customer becomes null; what others wrote stays byte for byte")
    func mixed() {
        let body = #"""
            {"entry":[{"changes":[{"value":{"contacts":[{"profile":{"name":"Ana"},"wa_id":"16505550001"},{"wa_id":"1999"}],
             "messages":[{"from":"16505550001","text":{"body":"a"}}, {"from" : "1999","text":{"body":"b"}},
             {"from_user_id":"US.ana12"}]}}]}]}
            """#
        let expected = #"""
            {"entry":[{"changes":[{"value":{"contacts":[null,{"wa_id":"1999"}],
             "messages":[null, {"from" : "1999","text":{"body":"b"}},
             null]}}]}]}
            """#
        #expect(redacted(body) == expected)
    }

    @Test("a request to the customer, and what is no JSON, go as a whole; others stay")
    func whole() {
        #expect(redacted(#"{"tenant":"7","to":"+16505550001","type":"text"}"#) == nil)
        #expect(redacted("not json 16505550001") == nil)
        #expect(redacted("not json") == "not json")
        #expect(redacted(#"{"to":"+16505550002"}"#) == #"{"to":"+16505550002"}"#)
    }
}
