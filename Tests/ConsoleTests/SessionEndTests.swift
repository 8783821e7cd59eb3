import OperationsKit
import Postgres
import Tenants
import TestSupport
import Testing

@testable import Console

@Suite("Sessions")
struct SessionEndTests {
    @Test("of operators end when their key is changed")
    func changedKey() async throws {
        try await ConsoleHarness.run { console in
            func sessions(_ key: String?) -> SessionStore {
                SessionStore(prefix: console.prefix, redis: console.redis, operatorKey: key.map { Secret($0) })
            }
            let token = try await sessions("the first operators' key").begin(.operator)
            #expect(try await sessions("the first operators' key").load(token) == .operator)
            #expect(try await sessions("the second operators' key").load(token) == nil)
            #expect(try await sessions(nil).load(token) == nil)
        }
    }

    @Test("do not begin by a link that was made before the operators' key was changed")
    func linkOfAChangedKey() async throws {
        try await ConsoleHarness.run { console in
            func sessions(_ key: String?) -> SessionStore {
                SessionStore(prefix: console.prefix, redis: console.redis, operatorKey: key.map { Secret($0) })
            }
            let (before, after) = (sessions("the first operators' key"), sessions("the second operators' key"))
            #expect(try await before.useLink(try await before.makeLink(for: TenantID(1))) == TenantID(1))
            let link = try await before.makeLink(for: TenantID(1))
            #expect(try await after.useLink(link) == nil)
            #expect(try await before.useLink(link) == nil, "it was tried, so it is used up")
            #expect(try await sessions(nil).useLink(try await before.makeLink(for: TenantID(1))) == nil)
            // At the console, which has yet another key.
            let guest = PageTests.Browser(console)
            let old = try await before.makeLink(for: TenantID(1))
            let entry = try await guest.post(
                "/app/sign-in/link", [("token", old)], from: "/app/sign-in/link?token=\(old)")
            #expect(entry.status == 410)
        }
    }

    @Test("by a link make no API keys, and end when the tenant's key is rotated; so does no key's session by it alone")
    func links() async throws {
        try await ConsoleHarness.run { console in
            let staff = PageTests.Browser(console)
            _ = try await staff.signIn(ConsoleHarness.operatorKey)
            let page = try await staff.post("/app/queues/tenants/1/sign-in-link", [], from: "/app/queues/tenants")
            let token = String(
                page.text.split(separator: "link?token=").dropFirst().first?.prefix { $0 != "\"" } ?? "")
            let guest = PageTests.Browser(console)
            let entry = try await guest.post(
                "/app/sign-in/link", [("token", token)], from: "/app/sign-in/link?token=\(token)")
            #expect(entry.status == 303)
            let keys = try await guest.get("/app/whatsapp/keys")
            #expect(keys.status == 200)
            #expect(!keys.text.contains("Create a key") && !keys.text.contains("/rotate"))
            #expect(keys.text.contains("/revoke"))
            for path in ["/app/whatsapp/keys", "/app/whatsapp/keys/1/rotate"] {
                #expect(try await guest.post(path, [], from: "/app/whatsapp/keys").status == 403, "\(path)")
            }
            #expect(try await console.sql("select count(*) from api_keys where tenant_id = 1") == "1")
            let other = PageTests.Browser(console)
            _ = try await other.signIn(console.other.key)
            #expect(try await other.get("/app/whatsapp/keys").text.contains("Create a key"))
            _ = try await console.pool.withTransaction { session in
                try APIKeyStore.rotate(
                    for: TenantID(1), by: AuditActor(name: "operator", origin: "tests"), in: session)
            }
            #expect(try await guest.get("/app/whatsapp").status == 303)
            #expect(try await other.get("/app/whatsapp").status == 200)
        }
    }
}
