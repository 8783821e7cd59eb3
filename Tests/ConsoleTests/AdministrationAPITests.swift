import Console
import Foundation
import TestSupport
import Testing

@Suite("Tenants and keys over the API")
struct AdministrationAPITests {
    private static func member(_ name: String, _ reply: HTTPReply) -> String {
        let object = try? JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any]
        return object?[name] as? String ?? ""
    }

    @Test("operators create tenants with a number and without, whose keys work at once and are shown once")
    func createTenants() async throws {
        try await ConsoleHarness.run { console in
            let path = "/api/admin/tenants"
            let bare = try await console.call(
                "POST", path, key: ConsoleHarness.operatorKey, body: #"{"name":"Harbour"}"#)
            #expect(bare.status == 201, "\(bare.text)")
            let key = Self.member("api_key", bare)
            #expect(try await console.call("GET", "/api/whatsapp/config", key: key).status == 404)
            let whole = try await console.call(
                "POST", path, key: ConsoleHarness.operatorKey,
                body:
                    #"{"name":"Lake","phone_number_id":"1003","waba_id":"9","access_token":"\#(ConsoleHarness.freshToken)"}"#
            )
            #expect(whole.status == 201, "\(whole.text)")
            let config = try await console.call("GET", "/api/whatsapp/config", key: Self.member("api_key", whole))
            #expect(config.status == 200 && config.text.contains(#""phone_number_id":"1003""#))
            let list = try await console.call("GET", path, key: ConsoleHarness.operatorKey)
            #expect(list.text.contains("Harbour") && list.text.contains("Lake"))
            for secret in [key, Self.member("api_key", whole), ConsoleHarness.freshToken] {
                #expect(!list.text.contains(secret))
            }
            let page = try await console.call("GET", path + "?limit=2&after=1", key: ConsoleHarness.operatorKey)
            #expect(Self.member("next", page) == "3", "\(page.text)")
            #expect(
                try await console.sql(
                    "select action, actor, origin from audit_log where tenant_id = \(Self.member("id", bare))")
                    == "tenant.create|operator|127.0.0.1")
        }
    }

    @Test(
        "what no tenant can be made of is refused with the field and the rule, and nothing is made",
        arguments: [
            (#"{}"#, 422, "name"), (#"{"name":""}"#, 422, "name"), (#"{"name":7}"#, 422, "name"),
            (#"{"name":"A","phone_number_id":"1 2"}"#, 422, "phone_number_id"),
            (#"{"name":"A","phone_number_id":"12"}"#, 422, "access_token"),
            (#"{"name":"A","access_token":"EAAx"}"#, 422, "phone_number_id"),
            (#"{"name":"A","phone_number_id":"12","access_token":"x","waba_id":" "}"#, 422, "waba_id"),
            (#"{"name":"A","phone_number_id":"1001","access_token":"x"}"#, 409, "phone_number_id"),
            (#"{"name":"A","color":"red"}"#, 422, ""), ("[]", 422, ""), ("{", 400, ""),
        ])
    func refused(body: String, status: Int, field: String) async throws {
        try await ConsoleHarness.run { console in
            let reply = try await console.call(
                "POST", "/api/admin/tenants", key: ConsoleHarness.operatorKey, body: body)
            #expect(reply.status == status, "\(reply.text)")
            #expect(field.isEmpty || reply.text.contains(#""field":"\#(field)""#), "\(reply.text)")
            #expect(try await console.sql("select count(*) from tenants") == "2")
        }
    }

    @Test("a tenant makes, rotates and revokes keys; each is shown once, and its digest alone is kept")
    func keys() async throws {
        try await ConsoleHarness.run { console in
            let path = "/api/whatsapp/keys"
            let made = try await console.call("POST", path, key: console.first.key)
            let (id, second) = (Self.member("id", made), Self.member("key", made))
            #expect(made.status == 201 && second.hasPrefix("qlk_"))
            let rotated = try await console.call("POST", "\(path)/\(id)/rotate", key: second)
            let third = Self.member("key", rotated)
            #expect(rotated.status == 201 && third != second)
            #expect(try await console.call("GET", path, key: second).status == 401)
            let list = try await console.call("GET", path, key: third)
            #expect(list.status == 200 && list.text.contains(String(third.suffix(4))))
            for key in [console.first.key, second, third] { #expect(!list.text.contains(key)) }
            #expect(
                try await console.call("DELETE", "\(path)/\(Self.member("id", rotated))", key: console.first.key).status
                    == 204)
            #expect(try await console.call("GET", path, key: third).status == 401)
            #expect(try await console.call("DELETE", "\(path)/\(id)", key: console.first.key).status == 404)
            let given = try await console.call(
                "POST", "/api/admin/tenants/1/keys", key: ConsoleHarness.operatorKey)
            #expect(try await console.call("GET", path, key: Self.member("key", given)).status == 200)
            #expect(
                try await console.call("POST", "/api/admin/tenants/77/keys", key: ConsoleHarness.operatorKey).status
                    == 404)
            #expect(
                try await console.sql(
                    "select string_agg(action, ' ' order by id) from audit_log where action like 'api_key.%'")
                    == "api_key.create api_key.rotate api_key.revoke api_key.create")
            #expect(
                try await console.sql(
                    "select count(*) from api_keys k where k::text like '%qlk\\_%' or created_by like '%qlk\\_%'")
                    == "0")
        }
    }
}
