import GraphSimulator
import OperationsKit
import RedisClient
import TestSupport
import Testing

@Suite("The API's settings")
struct ConfigAPITests {
    private static let path = "/api/whatsapp/config"

    @Test("are read with an ETag and never hold the token")
    func reading() async throws {
        try await ConsoleHarness.run { console in
            let reply = try await console.call("GET", Self.path, key: console.first.key)
            #expect(reply.status == 200)
            #expect(reply.header("ETag") == "\"1\"")
            #expect(reply.text.contains(#""phone_number_id":"1001","waba_id":null"#))
            #expect(reply.text.contains(#""last4":"1a2b""#))
            #expect(!reply.text.contains(ConsoleHarness.token))
            #expect(reply.header("Cache-Control") == "no-store")
        }
    }

    @Test("keep what a change leaves out, and of two editors one is told")
    func versions() async throws {
        try await ConsoleHarness.run { console in
            let change = #"{"default_body":"Here it is.","link_hosts":["quotes.example.com"]}"#
            let saved = try await console.call(
                "PUT", Self.path, key: console.first.key, headers: [("If-Match", "\"1\"")], body: change)
            #expect(saved.status == 200, "\(saved.text)")
            #expect(saved.header("ETag") == "\"2\"")
            #expect(saved.text.contains(#""throttle_per_second":80"#))
            let late = try await console.call(
                "PUT", Self.path, key: console.first.key, headers: [("If-Match", "\"1\"")], body: change)
            #expect(late.status == 409)
            #expect(late.header("Content-Type") == "application/problem+json")
            #expect(late.text.contains(#""version":2"#))
            let unconditional = try await console.call(
                "PUT", Self.path, key: console.first.key, body: #"{"is_active":false}"#)
            #expect(unconditional.text.contains(#""is_active":false"#))
            #expect(unconditional.text.contains(#""default_body":"Here it is.""#))
            #expect(console.simulator.connectionsSoFar == 0, "Meta is only asked about a new number or token")
        }
    }

    @Test("take a number only after Meta confirmed that the token reads it")
    func confirmation() async throws {
        try await ConsoleHarness.run { console in
            let stolen = try await console.call(
                "PUT", Self.path, key: console.first.key, body: #"{"phone_number_id":"1003"}"#)
            #expect(stolen.status == 422)
            #expect(try await console.sql("select phone_number_id from whatsapp_configs order by 1") == "1001\n1002")
            let taken = try await console.call(
                "PUT", Self.path, key: console.first.key,
                body: #"{"phone_number_id":"1002","access_token":"\#(ConsoleHarness.otherToken)"}"#)
            #expect(taken.status == 409)
            let wrong = try await console.call(
                "PUT", Self.path, key: console.first.key, body: #"{"access_token":"EAAwrong-token-123"}"#)
            #expect(wrong.status == 422)
            #expect(wrong.text.contains(#""field":"access_token""#))
            #expect(!wrong.text.contains("EAAwrong-token-123"))
            let moved = try await console.call(
                "PUT", Self.path, key: console.first.key,
                body: #"{"phone_number_id":"1003","access_token":"\#(ConsoleHarness.freshToken)"}"#)
            #expect(moved.status == 200, "\(moved.text)")
            #expect(moved.text.contains(#""last4":"5e6f""#))
            #expect(!moved.text.contains(ConsoleHarness.freshToken))
        }
    }

    @Test("resume a paused number once a good token is saved, and tell what waits")
    func resuming() async throws {
        try await ConsoleHarness.run { console in
            _ = try await console.sql(
                "update whatsapp_configs set status = 'paused', status_reason = 'token rejected' where tenant_id = 1")
            _ = try await console.redis.send(
                .init("HSET", .text("\(console.prefix):{outbound}:lanes:paused"), "1001", "token rejected"))
            _ = try await console.call(
                "POST", "/api/whatsapp/send", key: console.first.key,
                body: #"{"type":"text","to":"+16505551234","body":"hello"}"#)
            let saved = try await console.call(
                "PUT", Self.path, key: console.first.key, body: #"{"access_token":"\#(ConsoleHarness.token)"}"#)
            #expect(saved.status == 200, "\(saved.text)")
            #expect(saved.text.contains(#""status":"active","status_reason":null"#))
            #expect(saved.text.contains(#""waiting":1"#))
            let paused = try await console.redis.send(
                .init("HLEN", .text("\(console.prefix):{outbound}:lanes:paused")))
            #expect(paused.integer == 0)
        }
    }

    @Test("are tested against the Graph API, and can be removed")
    func testingAndRemoving() async throws {
        try await ConsoleHarness.run { console in
            let test = try await console.call("POST", Self.path + "/test", key: console.first.key)
            #expect(test.status == 200)
            #expect(test.text.contains(#""ok":true"#) && test.text.contains("Harbour Windows"))
            #expect(try await console.call("DELETE", Self.path, key: console.first.key).status == 204)
            #expect(try await console.call("GET", Self.path, key: console.first.key).status == 404)
            #expect(try await console.call("DELETE", Self.path, key: console.first.key).status == 404)
            #expect(try await console.call("POST", Self.path + "/test", key: console.first.key).status == 404)
            let missing = try await console.call(
                "PUT", Self.path, key: console.first.key, body: #"{"phone_number_id":"1001"}"#)
            #expect(missing.status == 422 && missing.text.contains("access_token"))
        }
    }

    @Test(
        "name the field that breaks a rule",
        arguments: [
            (#"{"throttle_per_second":0}"#, "throttle_per_second"),
            (#"{"access_token":{"last4":"x"}}"#, "access_token"),
            (#"{"template":{"name":"a"}}"#, "template"), (#"{"link_hosts":["nohost"]}"#, "link_hosts[0]"),
            (#"{"default_body":""}"#, "default_body"), (#"{"phone_number_id":"with space"}"#, "phone_number_id"),
        ])
    func rules(body: String, field: String) async throws {
        try await ConsoleHarness.run { console in
            let reply = try await console.call("PUT", Self.path, key: console.first.key, body: body)
            #expect(reply.status == 422)
            #expect(reply.text.contains(#""field":"\#(field)""#), "\(reply.text)")
        }
    }
}
