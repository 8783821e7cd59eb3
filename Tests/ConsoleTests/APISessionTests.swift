import Console
import TestSupport
import Testing

@Suite("The API, asked by somebody who is signed in")
struct APISessionTests {
    private static let send = #"{"type":"text","to":"+16505551234","body":"by a session"}"#

    @Test("is the tenant's own, and what is changed stands in the audit log under the session's key")
    func tenants() async throws {
        try await ConsoleHarness.run { console in
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(console.first.key)
            let config = try await browser.api("GET", "/api/whatsapp/config", token: nil)
            #expect(config.status == 200 && config.text.contains(#""phone_number_id":"1001""#), "\(config.text)")
            let token = try await browser.token(from: "/app/whatsapp")
            let sent = try await browser.api("POST", "/api/whatsapp/send", body: Self.send, token: token)
            #expect(sent.status == 202, "\(sent.text)")
            #expect(
                try await console.sql("select actor from audit_log where action = 'send.create'")
                    == "api_key:" + (try await console.sql("select id from api_keys where tenant_id = 1")))
            #expect(try await browser.api("GET", "/api/admin/queues", token: token).status == 403)
            // A key that is brought along is what counts, not the cookie beside it.
            let wrong = try await browser.api(
                "GET", "/api/whatsapp/config", token: nil, headers: [("Authorization", "Bearer nonsense")])
            #expect(wrong.status == 401)
            _ = try await console.sql("update api_keys set revoked_at = now() where tenant_id = 1")
            #expect(try await browser.api("GET", "/api/whatsapp/config", token: nil).status == 401)
        }
    }

    @Test("is the operators', by theirs")
    func operators() async throws {
        try await ConsoleHarness.run { console in
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(ConsoleHarness.operatorKey)
            let token = try await browser.token(from: "/app/queues")
            for route in try console.console.routeNames() where route.hasPrefix("GET /api/admin/") {
                let path = String(route.dropFirst(4)).replacing("{queue}", with: "inbound")
                #expect(try await browser.api("GET", path, token: nil).status == 200, "\(path)")
            }
            let created = try await browser.api("POST", "/api/admin/tenants", body: #"{"name":"Third"}"#, token: token)
            #expect(created.status == 201, "\(created.text)")
            #expect(try await browser.api("GET", "/api/whatsapp/config", token: nil).status == 403)
        }
    }

    @Test("changes nothing without the session's token, nor whatever another site asks")
    func forgery() async throws {
        try await ConsoleHarness.run { console in
            let (tenant, staff) = (PageTests.Browser(console), PageTests.Browser(console))
            _ = try await tenant.signIn(console.first.key)
            _ = try await staff.signIn(ConsoleHarness.operatorKey)
            let tokens = (try await tenant.token(from: "/app/whatsapp"), try await staff.token(from: "/app/queues"))
            let before = try await console.sql("select count(*) from audit_log")
            let bodies = [
                "/api/whatsapp/send": Self.send, "/api/whatsapp/config": #"{"is_active":false}"#,
                "/api/admin/tenants": #"{"name":"Third"}"#,
            ]
            let routes = try console.console.routeNames().filter { $0.contains(" /api/") && !$0.contains("openapi") }
            #expect(routes.count >= 24)
            for route in routes {
                let parts = route.split(separator: " ").map(String.init)
                let path = parts[1].replacing("{queue}", with: "inbound").replacing(#/{\w+}/#, with: "1")
                let isOperators = path.hasPrefix("/api/admin")
                let (browser, token) = isOperators ? (staff, tokens.1) : (tenant, tokens.0)
                var attempts: [(token: String?, site: String?)] = [(token, "cross-site"), (token, "same-site")]
                if parts[0] != "GET" {
                    attempts += [
                        (nil, nil), ("guess", nil), (nil, "same-origin"), (isOperators ? tokens.0 : tokens.1, nil),
                    ]
                }
                for attempt in attempts {
                    let reply = try await browser.api(
                        parts[0], path, body: bodies[path] ?? "", token: attempt.token,
                        headers: attempt.site.map { [("Sec-Fetch-Site", $0)] } ?? [])
                    #expect(
                        reply.status == 403 && reply.text.contains(":forged"), "\(route), \(attempt): \(reply.text)")
                }
            }
            #expect(try await console.sql("select count(*) from audit_log") == before)
            let right = try await tenant.api(
                "POST", "/api/whatsapp/send", body: Self.send, token: tokens.0,
                headers: [("Sec-Fetch-Site", "same-origin")])
            #expect(right.status == 202, "\(right.text)")
        }
    }

    @Test("makes no API keys for whoever came by a sign-in link, and erases no customer")
    func links() async throws {
        try await ConsoleHarness.run { console in
            let link = try await console.call(
                "POST", "/api/admin/tenants/1/sign-in-links", key: ConsoleHarness.operatorKey)
            let url = String(link.text.split(separator: "token=").dropFirst().first?.prefix { $0 != "\"" } ?? "")
            let guest = PageTests.Browser(console)
            let entry = try await guest.post(
                "/app/sign-in/link", [("token", url)], from: "/app/sign-in/link?token=\(url)")
            #expect(entry.status == 303)
            let token = try await guest.token(from: "/app/whatsapp")
            #expect(try await guest.api("GET", "/api/whatsapp/keys", token: nil).status == 200)
            for path in ["/api/whatsapp/keys", "/api/whatsapp/keys/1/rotate"] {
                #expect(try await guest.api("POST", path, token: token).status == 403, "\(path)")
            }
            #expect(try await console.sql("select count(*) from api_keys where tenant_id = 1") == "1")
            let erased = try await guest.api(
                "POST", "/api/whatsapp/customers/erase", body: #"{"phone":"16505551234"}"#, token: token)
            #expect(erased.status == 403 && erased.text.contains("sign-in link"), "\(erased.text)")
            #expect(try await console.sql("select count(*) from audit_log where action = 'customer.erase'") == "0")
        }
    }
}
