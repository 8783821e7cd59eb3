import Console
import GraphSimulator
import TestSupport
import Testing

@Suite("The console's pages")
struct PageTests {
    /// A browser as far as the console can tell: it keeps cookies and posts the forms' tokens.
    final class Browser {
        let console: ConsoleHarness
        var cookies: [String: String] = [:]

        init(_ console: ConsoleHarness) { self.console = console }

        func get(_ path: String) async throws -> HTTPReply { try await go("GET", path, body: "") }

        func post(_ path: String, _ form: [(String, String)], from page: String) async throws -> HTTPReply {
            let fields = ([("csrf", try await token(from: page))] + form).map { "\($0)=\(Self.encoded($1))" }
            return try await go("POST", path, body: fields.joined(separator: "&"))
        }

        func go(_ method: String, _ path: String, body: String) async throws -> HTTPReply {
            var headers = [("Content-Type", "application/x-www-form-urlencoded")]
            if !cookies.isEmpty {
                headers.append(("Cookie", cookies.map { "\($0)=\($1)" }.sorted().joined(separator: "; ")))
            }
            let reply = try await console.call(method, path, headers: headers, body: body)
            for (name, value) in reply.headers where name.lowercased() == "set-cookie" {
                let pair = value.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
                cookies[String(pair[0])] = pair.count == 2 ? String(pair[1]) : nil
            }
            return reply
        }

        /// As a script of one of our pages asks the API: with the session, and the token that the pages' forms carry.
        func api(
            _ method: String, _ path: String, body: String = "", token: String?, headers: [(String, String)] = []
        ) async throws -> HTTPReply {
            var headers = headers
            headers.append(("Cookie", cookies.map { "\($0)=\($1)" }.sorted().joined(separator: "; ")))
            if let token { headers.append(("X-CSRF-Token", token)) }
            return try await console.call(method, path, headers: headers, body: body)
        }

        /// What the forms of a page carry.
        func token(from page: String) async throws -> String {
            let text = try await get(page).text
            let token = text.split(separator: "name=\"csrf\" value=\"").dropFirst().first?.prefix { $0 != "\"" } ?? ""
            return String(token)
        }

        func signIn(_ key: String) async throws -> HTTPReply {
            try await post("/app/sign-in", [("key", key), ("next", "")], from: "/app/sign-in")
        }

        private static func encoded(_ text: String) -> String {
            text.utf8.map { byte in
                let isPlain =
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                let digits = String(byte, radix: 16, uppercase: true)
                return isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count == 1 ? "0" : "") + digits
            }.joined()
        }
    }

    @Test("ask to sign in first, and then lead to where one wanted to go")
    func signingIn() async throws {
        try await ConsoleHarness.run { console in
            let browser = Browser(console)
            let first = try await browser.get("/app/whatsapp")
            #expect(first.status == 303)
            #expect(first.header("Location") == "/app/sign-in?next=%2Fapp%2Fwhatsapp")
            #expect(try await browser.signIn("wrong").status == 401)
            let done = try await browser.signIn(console.first.key)
            #expect(done.status == 303, "\(done.text)")
            let cookie = done.headers.first { $0.value.hasPrefix("quoteline_session=") }?.value ?? ""
            #expect(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"))
            let page = try await browser.get("/app/whatsapp")
            #expect(page.status == 200)
            #expect(page.header("Content-Security-Policy")?.contains("frame-ancestors 'none'") == true)
            #expect(page.text.contains("1a2b") && !page.text.contains(ConsoleHarness.token))
            #expect(try await browser.get("/app/queues").status == 403)
            #expect(try await browser.get("/app/nothing").status == 404)
            #expect(try await browser.post("/app/sign-out", [], from: "/app/whatsapp").status == 303)
            #expect(try await browser.get("/app/whatsapp").status == 303)
        }
    }

    @Test("take no form without its token")
    func forgery() async throws {
        try await ConsoleHarness.run { console in
            let browser = Browser(console)
            _ = try await browser.signIn(console.first.key)
            for path in ["/app/whatsapp", "/app/whatsapp/remove", "/app/whatsapp/keys", "/app/sign-out"] {
                #expect(try await browser.go("POST", path, body: "csrf=guess").status == 403)
            }
            #expect(try await console.sql("select count(*) from whatsapp_configs") == "2")
        }
    }

    @Test("save settings, send, and show the thread to its own tenant only")
    func story() async throws {
        try await ConsoleHarness.run { console in
            let browser = Browser(console)
            _ = try await browser.signIn(console.first.key)
            let saved = try await browser.post(
                "/app/whatsapp",
                [
                    ("version", "1"), ("phone_number_id", "1001"), ("is_active", "1"), ("throttle_per_second", "40"),
                    ("default_body", "Here you are."),
                ], from: "/app/whatsapp")
            #expect(saved.status == 303, "\(saved.text)")
            let stale = try await browser.post(
                "/app/whatsapp", [("version", "1"), ("phone_number_id", "1001")], from: "/app/whatsapp")
            #expect(stale.status == 409)
            let sent = try await browser.post(
                "/app/whatsapp/conversations",
                [
                    ("type", "quote_link"), ("to", "+1 650 555 1234"), ("quote_id", "Q-9"),
                    ("quote_url", "https://quotes.example.com/9"),
                ], from: "/app/whatsapp/conversations")
            #expect(sent.status == 303, "\(sent.text)")
            let path = sent.header("Location") ?? ""
            #expect(try await browser.get(path).text.contains("Here you are."))
            #expect(try await browser.get(path + "/fragment").status == 200)
            #expect(try await browser.get("/app/whatsapp/conversations?q=5551234").text.contains("+16505551234"))
            let other = Browser(console)
            _ = try await other.signIn(console.other.key)
            let foreign = try await other.get(path)
            #expect(foreign.status == 404 && !foreign.text.contains("Here you are."))
            #expect(try await other.get(path + "/fragment").status == 404)
            let id = try await console.sql("select id from whatsapp_messages")
            let cancel = try await other.post(
                "/app/whatsapp/messages/\(id)/cancel", [], from: "/app/whatsapp/conversations")
            #expect(cancel.status == 404)
            #expect(
                try await browser.post("/app/whatsapp/messages/\(id)/cancel", [], from: path).status == 303)
        }
    }

    @Test("say whether Meta sends the account's messages on, and what to do if it does not")
    func subscription() async throws {
        try await ConsoleHarness.run { console in
            let browser = Browser(console)
            _ = try await browser.signIn(console.first.key)
            func test() async throws -> String {
                try await browser.post("/app/whatsapp/test", [], from: "/app/whatsapp").text
            }
            #expect(try await test().contains("Save the WABA ID too"))
            var number = BusinessNumber(phoneNumberID: "1001", accessToken: ConsoleHarness.token)
            _ = try await console.sql("update whatsapp_configs set waba_id = '\(number.wabaID)' where tenant_id = 1")
            #expect(try await test().contains("go to <strong><bdi>Simulated app</bdi>"))
            number.subscribedApps = []
            console.simulator.add(number)
            #expect(try await test().contains("No app is subscribed to this WhatsApp account"))
            let answer = try await console.call("POST", "/api/whatsapp/config/test", key: console.first.key)
            #expect(answer.text.contains(#""ok":true"#))
            #expect(answer.text.contains(#""webhooks":{"subscribed":false,"apps":[],"explanation":"No app is"#))
        }
    }

    @Test("operators create tenants, give links that work once, and see the queues")
    func operators() async throws {
        try await ConsoleHarness.run { console in
            let browser = Browser(console)
            _ = try await browser.signIn(ConsoleHarness.operatorKey)
            let created = try await browser.post(
                "/app/queues/tenants", [("name", "Harbour")], from: "/app/queues/tenants")
            #expect(created.status == 200 && created.text.contains("qlk_"), "\(created.text.prefix(400))")
            let page = try await browser.post(
                "/app/queues/tenants/\(console.first.id)/sign-in-link", [], from: "/app/queues/tenants")
            let token = page.text.split(separator: "link?token=").dropFirst().first?.prefix { $0 != "\"" } ?? ""
            let guest = Browser(console)
            let link = "/app/sign-in/link?token=\(token)"
            #expect(try await guest.post("/app/sign-in/link", [("token", String(token))], from: link).status == 303)
            #expect(try await guest.get("/app/whatsapp").status == 200)
            let again = Browser(console)
            #expect(try await again.post("/app/sign-in/link", [("token", String(token))], from: link).status == 410)
            for path in ["/app/queues", "/app/queues/fragment", "/app/queues/unrouted", "/app/queues/inbound/jobs"] {
                #expect(try await browser.get(path).status == 200, "\(path)")
            }
            _ = try await browser.post("/app/queues/inbound/pause", [("reason", "test")], from: "/app/queues")
            #expect(try await browser.get("/app/queues").text.contains("test"))
            #expect(try await browser.get("/app/whatsapp").status == 403)
        }
    }
}
