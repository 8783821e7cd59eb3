import LenientJSON
import OutboundLanes
import Tenants
import Testing

@testable import Outbound

@Suite("Requests")
struct SendRequestTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let json: String
        let field: String
        let code: SendRefusal.Code
        var testDescription: String { "\(field) \(code.rawValue): \(json.prefix(60))" }

        init(_ json: String, _ field: String, _ code: SendRefusal.Code) {
            (self.json, self.field, self.code) = (json, field, code)
        }
    }

    static let refused = [
        Case("", "", .invalidJSON),
        Case("{", "", .invalidJSON),
        Case("[]", "", .wrongType),
        Case("{}", "type", .missingField),
        Case(#"{"type":"poem","to":"+16505551234"}"#, "type", .unknownType),
        Case(#"{"type":7}"#, "type", .wrongType),
        // Recipients
        Case(Ask.text(to: "16505551234"), "to", .invalidRecipient),
        Case(Ask.text(to: "6505551234"), "to", .invalidRecipient),
        Case(Ask.text(to: "+0505551234"), "to", .invalidRecipient),
        Case(Ask.text(to: "+123456"), "to", .invalidRecipient),
        Case(Ask.text(to: "+1234567890123456"), "to", .invalidRecipient),
        Case(Ask.text(to: "+1650555x234"), "to", .invalidRecipient),
        Case(Ask.text(to: ""), "to", .invalidRecipient),
        Case(#"{"type":"text","to":16505551234,"body":"a"}"#, "to", .wrongType),
        Case(#"{"type":"text","body":"a"}"#, "to", .missingField),
        Case(#"{"type":"text","to":null,"body":"a"}"#, "to", .missingField),
        Case(#"{"type":"text","recipient":"+16505551234","body":"a"}"#, "recipient", .invalidRecipient),
        Case(#"{"type":"text","recipient":"us.12","body":"a"}"#, "recipient", .invalidRecipient),
        Case(Ask.text(more: #","recipient":"US.1""#), "recipient", .invalidRecipient),
        Case(#"{"type":"text","conversation_id":0,"body":"a"}"#, "conversation_id", .invalidValue),
        Case(#"{"type":"text","conversation_id":"x","body":"a"}"#, "conversation_id", .invalidValue),
        // Names
        Case(Ask.text(more: #","on_close":"wait""#), "on_close", .unknownField),
        Case(Ask.text(more: #","button":"Go""#), "button", .unknownField),
        Case(Ask.quote(more: #","preview_url":true"#), "preview_url", .unknownField),
        Case(#"{"type":"quote_link","to":"+16505551234","quote":{"id":"1","link":"x"}}"#, "quote.link", .unknownField),
        // Texts
        Case(Ask.text(""), "body", .invalidText),
        Case(Ask.text(" \\n "), "body", .invalidText),
        Case(Ask.text(String(repeating: "é", count: 4_097)), "body", .tooLong),
        Case(Ask.text("a\\u0000b"), "body", .invalidText),
        Case(Ask.text("a\\ud83db"), "body", .invalidText),
        Case(Ask.text("a\\u0007b"), "body", .invalidText),
        Case(#"{"type":"text","to":"+16505551234","body":7}"#, "body", .wrongType),
        Case(#"{"type":"text","to":"+16505551234"}"#, "body", .missingField),
        Case(Ask.quote(more: #","body":"\#(String(repeating: "a", count: 1_025))""#), "body", .tooLong),
        Case(Ask.quote(more: #","button":"\#(String(repeating: "a", count: 21))""#), "button", .tooLong),
        Case(Ask.quote(more: #","button":"two\nlines""#), "button", .invalidText),
        // Quotes
        Case(#"{"type":"quote_link","to":"+16505551234"}"#, "quote", .missingField),
        Case(#"{"type":"quote_link","to":"+16505551234","quote":"Q"}"#, "quote", .wrongType),
        Case(#"{"type":"quote_link","to":"+16505551234","quote":{"id":"Q"}}"#, "quote.url", .missingField),
        Case(#"{"type":"quote_link","to":"+16505551234","quote":{"url":"https://a.b"}}"#, "quote.id", .missingField),
        Case(
            #"{"type":"quote_link","to":"+16505551234","quote":{"id":"Q","url":"https://a.b","version":0}}"#,
            "quote.version", .invalidValue),
        Case(
            #"{"type":"quote_link","to":"+16505551234","quote":{"id":"Q","url":"https://a.b","version":1.5}}"#,
            "quote.version", .invalidValue),
        // Times and choices
        Case(Ask.text(more: #","send_at":"tomorrow""#), "send_at", .invalidTime),
        Case(Ask.text(more: #","send_at":"2026-12-01T12:00:00""#), "send_at", .invalidTime),
        Case(Ask.text(more: #","expires_at":"2026-02-30T12:00:00Z""#), "expires_at", .invalidTime),
        Case(Ask.text(more: #","expires_at":1800000000"#), "expires_at", .wrongType),
        Case(
            Ask.text(more: #","send_at":"2026-12-02T12:00:00Z","expires_at":"2026-12-01T12:00:00Z""#), "send_at",
            .invalidTime),
        Case(Ask.text(more: #","on_unknown":"retry""#), "on_unknown", .invalidValue),
        Case(Ask.text(more: #","on_closed":"template""#), "on_closed", .invalidValue),
        Case(Ask.text(more: #","reply_to":"has space""#), "reply_to", .invalidValue),
        // Templates
        Case(#"{"type":"template","to":"+16505551234"}"#, "template", .missingField),
        Case(#"{"type":"template","to":"+16505551234","template":{"name":"n"}}"#, "template.language", .missingField),
        Case(
            #"{"type":"template","to":"+16505551234","template":{"name":"n","language":"en","variables":["a",1]}}"#,
            "template.variables[1]", .wrongType),
        Case(
            #"{"type":"template","to":"+16505551234","template":{"name":"n","language":"en","variables":["a\nb"]}}"#,
            "template.variables[0]", .invalidText),
    ]

    @Test("a wrong request names the field and the rule", arguments: refused)
    func refusal(_ wrong: Case) {
        let refusal = #expect(throws: SendRefusal.self) { try SendRequest(json: Array(wrong.json.utf8)) }
        #expect(refusal?.field == wrong.field)
        #expect(refusal?.code == wrong.code)
        #expect((refusal?.rule.count ?? 0) > 10)
    }

    @Test("bytes that are no UTF-8 are refused")
    func invalidUTF8() {
        let json = Array(#"{"type":"text","to":"+16505551234","body":""#.utf8) + [0xFF, 0xFE] + Array(#""}"#.utf8)
        #expect(throws: SendRefusal.self) { try SendRequest(json: json) }
    }

    @Test(
        "a link that is not plain https to a named host is refused",
        arguments: [
            "http://quotes.example.com", "ftp://quotes.example.com", "javascript:alert(1)", "quotes.example.com",
            "https://", "https:///q", "https://localhost/q", "https://127.0.0.1/q", "https://127.1/", "https://0x7f.1/",
            "https://2130706433/", "https://0x7f000001/", "https://[::1]/", "https://user@quotes.example.com/",
            "https://user:pw@quotes.example.com/", "https://good.example.com@evil.example.com/",
            "https://good.example.com\\@evil.example.com/", "https://good.example.com\\\\@evil.example.com/",
            "https://quotes.example.com/a b", "https://quotes.example.com/\n", "https://quötes.example.com/",
            "https://quotes.example.com:0/", "https://quotes.example.com:99999/", "https://quotes.example.com:80:80/",
            "https://quotes.example.com./", "https://.example.com/", "https://-a.example.com/",
            "https://a_b.example.com/",
            "https://example.com%2e/", "https://quotes.example.com:/", "https://1.2.3.4.5/", "https://example.123/",
        ])
    func badLink(_ url: String) {
        let refusal = #expect(throws: SendRefusal.self) {
            try SendRequest(json: Array(Ask.quote(url: String(JSONText.quoted(url).dropFirst().dropLast())).utf8))
        }
        #expect(refusal?.field == "quote.url")
    }

    @Test(
        "ordinary links pass",
        arguments: [
            "https://quotes.example.com/q/1", "HTTPS://Quotes.Example.com/", "https://example.com:8443/q?a=b@c#d:e",
            "https://xn--bcher-kva.example/", "https://a.b", "https://example.com/https://x",
            "https://example.com?u=user@host",
        ])
    func goodLink(_ url: String) throws {
        _ = try SendRequest(json: Array(Ask.quote(url: url).utf8))
    }

    @Test("hosts are compared whole, and below a domain where the entry says so")
    func hosts() {
        #expect(LinkRule.allows("a.example.com", hosts: []))
        #expect(LinkRule.allows("a.example.com", hosts: ["b.example", "A.example.com"]))
        #expect(!LinkRule.allows("evil-a.example.com", hosts: ["a.example.com"]))
        #expect(!LinkRule.allows("a.example.com.evil.net", hosts: ["a.example.com"]))
        #expect(LinkRule.allows("x.y.example.com", hosts: ["*.example.com"]))
        #expect(!LinkRule.allows("example.com", hosts: ["*.example.com"]))
        #expect(!LinkRule.allows("badexample.com", hosts: ["*.example.com"]))
    }

    @Test("the same request in another spelling is the same request")
    func canonical() throws {
        let short = try SendRequest(json: Array(Ask.quote(more: #","send_at":"2026-12-01T13:00:00+01:00""#).utf8))
        let long = try SendRequest(
            json: Array(
                #"""
                { "button": "View quote", "on_unknown" : "resend", "on_closed":null,
                  "quote": {"url":"https:\/\/quotes.example.com\/q\/1","version":1.0,"id":"Q\u002d1"},
                  "to":"+1 (650) 555-1234", "type":"quote_link", "send_at":"2026-12-01T12:00:00.000Z"}
                """#.utf8))
        #expect(short == long)
        #expect(short.hash == long.hash)
        #expect(try SendRequest(json: Array(long.canonicalJSON.utf8)) == long)
        let other = try SendRequest(json: Array(Ask.quote("Q-2").utf8))
        #expect(other.hash != short.hash)
    }

    @Test("a template, a reply and a user id survive their canonical form")
    func roundTrip() throws {
        let json = #"""
            {"type":"template","recipient":"US.ENT.118157","reply_to":"wamid.A==","expires_at":"2026-12-01T12:00:00.5Z",
             "template":{"name":"quote_ready","language":"en_US","variables":["Ana \"A\" \\ 🐞","2"],"url_suffix":"q/1"}}
            """#
        let request = try SendRequest(json: Array(json.utf8))
        #expect(request.recipient == .user("US.ENT.118157"))
        #expect(try SendRequest(json: Array(request.canonicalJSON.utf8)) == request)
    }

    @Test("a pushed request names its tenant and may bring a key")
    func pushed() throws {
        let payload = Ask.quote(more: #","tenant":"7","key":"k-1""#)
            .replacing(#""type":"quote_link","#, with: "")
        let pushed = try PushedRequest(type: "quote_link", payload: Array(payload.utf8))
        #expect(pushed.tenant.value == 7)
        #expect(pushed.key == "k-1")
        #expect(throws: SendRefusal.self) {
            try PushedRequest(type: "quote_link", payload: Array(Ask.quote().utf8))
        }
        #expect(throws: SendRefusal.self) { try PushedRequest(type: "text", payload: Array(payload.utf8)) }
    }

    @Test(
        "times are read and written as RFC 3339",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T23:59:59Z", 951_868_799_000_000),
            ("2026-12-01T12:00:00Z", 1_796_126_400_000_000), ("9999-12-31T23:59:59.999999Z", 253_402_300_799_999_999),
        ] as [(String, Int64)])
    func times(_ text: String, _ microseconds: Int64) {
        #expect(UTCTime.microseconds(text) == microseconds)
        #expect(UTCTime.text(microseconds) == text)
    }
}
