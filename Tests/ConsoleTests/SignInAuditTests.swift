import Console
import TestSupport
import Testing

@Suite("Who came in, and who was kept out, is written down")
struct SignInAuditTests {
    private static let log = "select action, actor, coalesce(tenant_id::text, ''), origin from audit_log"

    private static func behindProxy(_ configuration: inout ConsoleConfiguration) {
        configuration.trustedProxies = TrustedProxies("127.0.0.1") ?? TrustedProxies()
    }

    private static func attempt(_ console: ConsoleHarness, from address: String, key: String = "guess") async throws
        -> Int
    {
        try await console.call(
            "GET", "/api/admin/queues", key: key, headers: [("X-Forwarded-For", address)]
        ).status
    }

    @Test("sign-ins by key, by link and as operator, with from where; never the key")
    func signIns() async throws {
        try await ConsoleHarness.run { console in
            _ = try await PageTests.Browser(console).signIn(console.first.key)
            let operators = PageTests.Browser(console)
            _ = try await operators.signIn(ConsoleHarness.operatorKey)
            let page = try await operators.post(
                "/app/queues/tenants/2/sign-in-link", [], from: "/app/queues/tenants")
            let token = String(
                page.text.split(separator: "link?token=").dropFirst().first?.prefix { $0 != "\"" } ?? "")
            for status in [303, 410] {
                let guest = PageTests.Browser(console)
                let reply = try await guest.post(
                    "/app/sign-in/link", [("token", token)], from: "/app/sign-in/link?token=\(token)")
                #expect(reply.status == status)
            }
            #expect(try await PageTests.Browser(console).signIn("wrong-horse-battery").status == 401)
            let madeUp = "qlk_" + String(repeating: "B", count: 43)
            #expect(try await PageTests.Browser(console).signIn(madeUp).status == 401)
            let rows = try await console.sql(Self.log + " where action like 'sign_in%' order by id")
            #expect(
                rows.split(separator: "\n") == [
                    "sign_in|api_key:1|1|127.0.0.1", "sign_in|operator||127.0.0.1",
                    "sign_in_link.create|operator|2|127.0.0.1", "sign_in|sign-in link|2|127.0.0.1",
                    "sign_in.refuse|nobody||127.0.0.1",
                ])
            let everything = try await console.sql("select string_agg(a::text, ' ') from audit_log a")
            for secret in [console.first.key, ConsoleHarness.operatorKey, token, "wrong-horse", madeUp] {
                #expect(!everything.contains(secret))
            }
        }
    }

    @Test("of one address that guesses on, its first wrong key and its last are written down")
    func oneAddress() async throws {
        try await ConsoleHarness.run { console in
            for _ in 0..<30 { _ = try await Self.attempt(console, from: "127.0.0.1") }
            #expect(
                try await console.sql(
                    "select string_agg(action, ' ' order by id) from audit_log where action like 'sign_in%'")
                    == "sign_in.refuse sign_in.block")
        }
    }

    @Test("however many addresses guess, the log grows by a few lines in five minutes, and says so")
    func manyAddresses() async throws {
        try await ConsoleHarness.run(Self.behindProxy) { console in
            for index in 1...90 {
                let status = try await Self.attempt(console, from: "203.0.113.\(index)")
                #expect(status == 401)
            }
            #expect(try await console.sql("select count(*) from audit_log where action like 'sign_in%'") == "50")
            #expect(
                try await console.sql(
                    "select detail->>'note' like '%so many addresses%' from audit_log order by id desc limit 1") == "t")
        }
    }

    @Test("of IPv6 a network of 64 bits counts as one address")
    func networks() async throws {
        try await ConsoleHarness.run(Self.behindProxy) { console in
            for index in 1...10 {
                let status = try await Self.attempt(console, from: "2001:db8:7:1::\(index)")
                #expect(status == 401)
            }
            #expect(try await Self.attempt(console, from: "2001:0db8:0007:0001:9:9:9:9") == 429)
            #expect(try await Self.attempt(console, from: "2001:db8:7:2::1") == 401)
            let right = ConsoleHarness.operatorKey
            #expect(try await Self.attempt(console, from: "2001:db8:7:3::1", key: right) == 200)
        }
    }

    @Test("wrong keys from many addresses keep further wrong ones out, and never the right one")
    func noLockout() async throws {
        try await ConsoleHarness.run(Self.behindProxy) { console in
            for index in 0..<100 {
                let status = try await Self.attempt(console, from: "203.0.113.\(index / 10):\(40_000 + index)")
                #expect(status == 401)
            }
            #expect(try await Self.attempt(console, from: "198.51.100.1") == 429)
            let right = ConsoleHarness.operatorKey
            #expect(try await Self.attempt(console, from: "198.51.100.2", key: right) == 200)
            #expect(try await PageTests.Browser(console).signIn(right).status == 303)
            #expect(try await Self.attempt(console, from: "203.0.113.1", key: right) == 429, "this address guessed")
        }
    }

    @Test("what is sent over the API has its sender in the log, once")
    func sends() async throws {
        try await ConsoleHarness.run { console in
            let body =
                #"{"type":"quote_link","to":"+16505551234","quote":{"id":"Q-1","url":"https://quotes.example.com/1"}}"#
            for _ in 1...2 {
                let reply = try await console.call(
                    "POST", "/api/whatsapp/send", key: console.first.key, body: body)
                #expect(reply.status == 202)
            }
            let id = try await console.sql("select id from whatsapp_messages")
            #expect(
                try await console.sql(
                    "select actor, origin, tenant_id, detail->>'message_id' from audit_log where action = 'send.create'"
                )
                    == "api_key:1|127.0.0.1|1|\(id)")
        }
    }
}
