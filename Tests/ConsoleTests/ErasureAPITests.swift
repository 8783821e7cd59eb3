import TestSupport
import Testing

@Suite("Forgetting a customer over the API")
struct ErasureAPITests {
    private static func send(_ console: ConsoleHarness, by tenant: ConsoleHarness.Tenant) async throws {
        let reply = try await console.call(
            "POST", "/api/whatsapp/send", key: tenant.key,
            body: #"{"type":"text","to":"+16505551234","body":"secret words"}"#)
        #expect(reply.status == 202, "\(reply.text)")
    }

    @Test("a tenant forgets its customer by number, id or conversation; another tenant's stays")
    func tenant() async throws {
        try await ConsoleHarness.run { console in
            let path = "/api/whatsapp/customers/erase"
            try await Self.send(console, by: console.other)
            for name in ["phone", "conversation_id"] {
                try await Self.send(console, by: console.first)
                let id = try await console.sql(
                    "select max(id) from whatsapp_conversations where tenant_id = \(console.first.id)")
                let body = name == "phone" ? #"{"phone":"+1 650 555 1234"}"# : #"{"conversation_id":"\#(id)"}"#
                if name == "conversation_id" {
                    let foreign = try await console.call("POST", path, key: console.other.key, body: body)
                    #expect(foreign.status == 422, "\(foreign.text)")
                }
                let reply = try await console.call("POST", path, key: console.first.key, body: body)
                #expect(reply.status == 200, "\(reply.text)")
                #expect(reply.text.contains(#""conversations":1,"messages":1"#))
                #expect(
                    try await console.sql(
                        "select string_agg(distinct tenant_id::text, ' ') from whatsapp_messages")
                        == "\(console.other.id)")
            }
            #expect(
                try await console.sql(
                    """
                    select actor ~ '^api_key:', detail ->> 'messages', detail::text ~ '1650' from audit_log
                    where action = 'customer.erase' and tenant_id = \(console.first.id) order by id limit 1
                    """) == "t|1|f")
            let nobody = try await console.call(
                "POST", path, key: console.first.key, body: #"{"user_id":"US.nobody"}"#)
            #expect(nobody.status == 200)
            #expect(nobody.text.contains(#""messages":0"#))
        }
    }

    @Test("what names nobody, or two, is refused and says why")
    func refusals() async throws {
        try await ConsoleHarness.run { console in
            for (body, field) in [
                ("{}", ""), (#"{"phone":"12"}"#, "phone"), (#"{"phone":16505551234}"#, "phone"),
                (#"{"user_id":"x"}"#, "user_id"), (#"{"user_id":"messages"}"#, "user_id"),
                (#"{"user_id":"whatsapp_business_account"}"#, "user_id"),
                (#"{"conversation_id":"7"}"#, "conversation_id"),
                (#"{"conversation_id":"x"}"#, "conversation_id"), (#"{"name":"Ana"}"#, "name"),
                (#"{"phone":"+16505551234","user_id":"US.abcdef"}"#, ""), ("[]", ""),
            ] {
                let reply = try await console.call(
                    "POST", "/api/whatsapp/customers/erase", key: console.first.key, body: body)
                #expect(reply.status == 422, "\(body)")
                #expect(reply.text.contains(#""field":"\#(field)""#), "\(reply.text)")
            }
            let broken = try await console.call(
                "POST", "/api/whatsapp/customers/erase", key: console.first.key, body: "{")
            #expect(broken.status == 400)
        }
    }

    @Test("operators forget a tenant's customer, and nobody else may")
    func operators() async throws {
        try await ConsoleHarness.run { console in
            try await Self.send(console, by: console.first)
            let path = "/api/admin/tenants/\(console.first.id)/customers/erase"
            let body = #"{"phone":"+16505551234"}"#
            #expect(try await console.call("POST", path, key: console.first.key, body: body).status == 403)
            let reply = try await console.call("POST", path, key: ConsoleHarness.operatorKey, body: body)
            #expect(reply.status == 200)
            #expect(reply.text.contains(#""messages":1"#))
            for id in ["77", "x"] {
                let unknown = try await console.call(
                    "POST", "/api/admin/tenants/\(id)/customers/erase", key: ConsoleHarness.operatorKey, body: body)
                #expect(unknown.status == 404)
            }
            let wrong = try await console.call(
                "POST", "/api/whatsapp/customers/erase", key: ConsoleHarness.operatorKey, body: body)
            #expect(wrong.status == 403)
        }
    }
}
