import TestSupport
import Testing

@Suite("Sending and reading over the API")
struct SendAPITests {
    private static let quote =
        #"{"type":"quote_link","to":"+16505551234","quote":{"id":"Q-1","url":"https://quotes.example.com/1"}}"#

    private static func member(_ name: String, of text: String) -> String {
        let parts = text.split(separator: "\"\(name)\":\"", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 ? String(parts[1].prefix { $0 != "\"" }) : ""
    }

    @Test("a request is one message however often it is made; the same key with another request is a conflict")
    func idempotency() async throws {
        try await ConsoleHarness.run { console in
            let key = ("Idempotency-Key", "order-17")
            let first = try await console.call(
                "POST", "/api/whatsapp/send", key: console.first.key, headers: [key], body: Self.quote)
            #expect(first.status == 202)
            let id = Self.member("id", of: first.text)
            #expect(first.text == #"{"id":"\#(id)","status":"queued"}"#)
            let again = try await console.call(
                "POST", "/api/whatsapp/send", key: console.first.key, headers: [key], body: Self.quote)
            #expect(again.status == 202)
            #expect(Self.member("id", of: again.text) == id)
            #expect(try await console.length(console.readyKey) == 1)
            let conflict = try await console.call(
                "POST", "/api/whatsapp/send", key: console.first.key, headers: [key],
                body: Self.quote.replacing("Q-1", with: "Q-2"))
            #expect(conflict.status == 409)
            #expect(conflict.text.contains(#""idempotency_key":"order-17","message_id":"\#(id)""#))
            let message = try await console.call("GET", "/api/whatsapp/messages/\(id)", key: console.first.key)
            #expect(message.text.hasPrefix(#"{"id":"\#(id)","status":"queued","wamid":null,"to":"+16505551234""#))
        }
    }

    private struct Wrong {
        let body: String
        let status: Int
        let field: String
        /// What the rule must say.
        let rule: String

        init(_ body: String, _ field: String, _ rule: String, status: Int = 422) {
            (self.body, self.status, self.field, self.rule) = (body, status, field, rule)
        }
    }

    private static let wrong = [
        Wrong(quote.replacing("+1650", with: "1650"), "to", "with + and country code, such as +16505551234"),
        Wrong(quote.replacing("+1650", with: "+0650"), "to", "with + and country code"),
        Wrong(quote.replacing("https:", with: "http:"), "quote.url", "is not an https link"),
        Wrong(quote.replacing("https:", with: "javascript:"), "quote.url", "is not an https link"),
        Wrong(quote.replacing("//quotes", with: "//ana:pw@quotes"), "quote.url", "holds a user name or password"),
        Wrong(quote.replacing("//quotes.example.com", with: "//10.0.0.1"), "quote.url", "has an IP address"),
        Wrong(quote.replacing("com/1", with: "com/a b"), "quote.url", "holds spaces, control characters"),
        Wrong(quote.replacing("quote_link", with: "poem"), "type", "expected quote_link, text or template"),
        Wrong(
            #"{"type":"text","to":"+16505551234","body":"\#(String(repeating: "é", count: 4_097))"}"#, "body",
            "is longer than 4096 characters"),
        Wrong(
            quote.dropLast() + #","body":"\#(String(repeating: "a", count: 1_025))"}"#, "body",
            "is longer than 1024 characters"),
        Wrong(
            quote.dropLast() + #","button":"\#(String(repeating: "a", count: 21))"}"#, "button",
            "is longer than 20 characters"),
        Wrong(#"{"type":"text","to":"+16505551234"}"#, "body", "is missing"),
        Wrong(#"{"type":"text","to":"+16505551234","body":"a","bodi":"b"}"#, "bodi", "is no field of a text request"),
        Wrong(#"{"type":"text","conversation_id":77,"body":"a"}"#, "conversation_id", "is no conversation"),
        Wrong(quote.dropLast() + #","expires_at":"2020-01-01T00:00:00Z"}"#, "expires_at", "has passed already"),
        Wrong(quote.dropLast() + #","on_closed":"template"}"#, "on_closed", "the settings name none"),
        Wrong("[]", "", "is not a JSON object"),
        Wrong(#"{"type":"#, "", "The request is not JSON", status: 400),
        Wrong("to=+16505551234", "", "The request is not JSON", status: 400),
        Wrong("\u{0}\u{1}", "", "The request is not JSON", status: 400),
        Wrong(String(repeating: "[", count: 100_000), "", "The request is not JSON", status: 400),
        Wrong(quote + String(repeating: " ", count: 128 * 1_024), "", "At most 131072 bytes", status: 413),
    ]

    @Test("what cannot be sent is a problem document that names the field and the rule")
    func refusals() async throws {
        try await ConsoleHarness.run { console in
            for wrong in Self.wrong {
                let reply = try await console.call(
                    "POST", "/api/whatsapp/send", key: console.first.key, body: wrong.body)
                let what = "\(wrong.body.prefix(100)): \(reply.text)"
                #expect(reply.status == wrong.status, "\(what)")
                #expect(reply.header("content-type")?.hasPrefix("application/problem+json") == true, "\(what)")
                #expect(reply.text.contains(#""type":"urn:quoteline:problem:"#), "\(what)")
                #expect(reply.text.contains(wrong.rule), "\(what)")
                guard wrong.status == 422 else { continue }
                #expect(reply.text.contains(#""errors":[{"field":"\#(wrong.field)","code":"#), "\(what)")
            }
            let key = ("Idempotency-Key", String(repeating: "k", count: 256))
            let long = try await console.call(
                "POST", "/api/whatsapp/send", key: console.first.key, headers: [key], body: Self.quote)
            #expect(long.status == 422 && long.text.contains(#""field":"Idempotency-Key""#), "\(long.text)")
            for key in [nil, "qlk_unknown", console.first.key + "x"] {
                let stranger = try await console.call("POST", "/api/whatsapp/send", key: key, body: Self.quote)
                #expect(stranger.status == 401 && stranger.text.contains("Authorization: Bearer"), "\(stranger.text)")
            }
            #expect(try await console.sql("select count(*) from whatsapp_messages") == "0")
            #expect(try await console.length(console.readyKey) == 0)
        }
    }

    @Test("conversations and their messages are read page by page, each once")
    func paging() async throws {
        try await ConsoleHarness.run { console in
            for index in 0..<5 {
                let reply = try await console.call(
                    "POST", "/api/whatsapp/send", key: console.first.key,
                    body: #"{"type":"text","to":"+1650555123\#(index)","body":"hello \#(index)"}"#)
                #expect(reply.status == 202)
            }
            var seen: [String] = []
            var path = "/api/whatsapp/conversations?limit=2"
            for _ in 0..<3 {
                let page = try await console.call("GET", path, key: console.first.key)
                #expect(page.status == 200, "\(page.text)")
                seen += page.text.split(separator: "\"phone\":\"").dropFirst().map { String($0.prefix(12)) }
                path = "/api/whatsapp/conversations?limit=2&before=\(Self.member("next", of: page.text))"
            }
            #expect(seen == (0..<5).reversed().map { "+1650555123\($0)" })
            let found = try await console.call(
                "GET", "/api/whatsapp/conversations?q=51233", key: console.first.key)
            #expect(found.text.contains("hello 3") && !found.text.contains("hello 2"))
            let bad = try await console.call(
                "GET", "/api/whatsapp/conversations?before=nonsense", key: console.first.key)
            #expect(bad.status == 400)
        }
    }
}
