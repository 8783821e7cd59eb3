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

    @Test("what cannot be sent says which field and why")
    func refusals() async throws {
        try await ConsoleHarness.run { console in
            let broken = try await console.call(
                "POST", "/api/whatsapp/send", key: console.first.key, body: #"{"type":"#)
            #expect(broken.status == 400)
            let http = try await console.call(
                "POST", "/api/whatsapp/send", key: console.first.key,
                body: Self.quote.replacing("https:", with: "http:"))
            #expect(http.status == 422)
            #expect(http.text.contains(#""field":"quote.url""#))
            #expect(try await console.sql("select count(*) from whatsapp_messages") == "0")
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
