import Console
import TestSupport
import Testing

@Suite("Who may do what over the API")
struct APIAccessTests {
    @Test("no key, a wrong key and a revoked key open nothing; a disabled tenant is told")
    func keys() async throws {
        try await ConsoleHarness.run { console in
            for key in [nil, "qlk_" + String(repeating: "A", count: 43), "nonsense"] {
                let reply = try await console.call("GET", "/api/whatsapp/config", key: key)
                #expect(reply.status == 401)
                #expect(reply.header("WWW-Authenticate") != nil)
            }
            _ = try await console.sql("update tenants set disabled_at = now() where id = 1")
            #expect(try await console.call("GET", "/api/whatsapp/config", key: console.first.key).status == 403)
            _ = try await console.sql("update api_keys set revoked_at = now() where tenant_id = 1")
            #expect(try await console.call("GET", "/api/whatsapp/config", key: console.first.key).status == 401)
        }
    }

    @Test("tenants and operators do not open each other's doors")
    func audiences() async throws {
        try await ConsoleHarness.run { console in
            for path in ["/api/admin/tenants", "/api/admin/queues"] {
                #expect(try await console.call("GET", path, key: console.first.key).status == 403)
                #expect(try await console.call("GET", path, key: ConsoleHarness.operatorKey).status == 200)
            }
            let reply = try await console.call("GET", "/api/whatsapp/config", key: ConsoleHarness.operatorKey)
            #expect(reply.status == 403)
        }
    }

    @Test("wrong operator keys are counted, and then even the right one waits")
    func guessing() async throws {
        try await ConsoleHarness.run { console in
            for _ in 0..<10 {
                #expect(try await console.call("GET", "/api/admin/queues", key: "guess").status == 401)
            }
            let reply = try await console.call("GET", "/api/admin/queues", key: ConsoleHarness.operatorKey)
            #expect(reply.status == 429)
            #expect(reply.header("Retry-After").flatMap { Int($0) } ?? 0 > 0)
        }
    }

    @Test("another tenant's ids are not there")
    func foreignIDs() async throws {
        try await ConsoleHarness.run { console in
            let sent = try await console.call(
                "POST", "/api/whatsapp/send", key: console.first.key,
                body: #"{"type":"text","to":"+16505551234","body":"secret words"}"#)
            #expect(sent.status == 202, "\(sent.text)")
            let id = try await console.sql("select id from whatsapp_messages")
            let conversation = try await console.sql("select id from whatsapp_conversations")
            let paths = ["/api/whatsapp/messages/\(id)", "/api/whatsapp/conversations/\(conversation)/messages"]
            for path in paths {
                #expect(try await console.call("GET", path, key: console.first.key).status == 200)
                let foreign = try await console.call("GET", path, key: console.other.key)
                #expect(foreign.status == 404)
                #expect(!foreign.text.contains("secret words"))
            }
            let list = try await console.call("GET", "/api/whatsapp/conversations", key: console.other.key)
            #expect(list.text == #"{"conversations":[],"next":null}"#)
        }
    }

    @Test("another host's name is refused where the public address is known")
    func hostCheck() async throws {
        try await ConsoleHarness.run { configuration in
            configuration.publicURL = .init("https://console.example.com")
        } _: { console in
            let right = try await console.call(
                "GET", "/api/openapi.json", headers: [("Host", "console.example.com:443")])
            #expect(right.status == 200)
            #expect(right.header("Strict-Transport-Security") != nil)
            #expect(try await console.call("GET", "/api/openapi.json").status == 421)
        }
    }

    @Test("what is nowhere is 404, another method is 405 and says which")
    func routing() async throws {
        try await ConsoleHarness.run { console in
            #expect(try await console.call("GET", "/api/nothing").status == 404)
            let reply = try await console.call("PATCH", "/api/whatsapp/config", key: console.first.key)
            #expect(reply.status == 405)
            #expect(reply.header("Allow") == "GET, PUT, DELETE")
            let large = try await console.call(
                "POST", "/api/whatsapp/send", key: console.first.key,
                body: #"{"body":"\#(String(repeating: "x", count: 200_000))"}"#)
            #expect(large.status == 413)
        }
    }
}
