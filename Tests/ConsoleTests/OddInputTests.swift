import Console
import TestSupport
import Testing

@Suite("What people do to the pages by accident")
struct OddInputTests {
    @Test("a number is removed only as it was shown, and who is late is told in words")
    func lateRemoval() async throws {
        try await ConsoleHarness.run { console in
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(console.first.key)
            func remove(_ version: String) async throws -> HTTPReply {
                try await browser.post("/app/whatsapp/remove", [("version", version)], from: "/app/whatsapp/remove")
            }
            let late = try await remove("999")
            #expect(late.status == 409 && late.text.contains("Somebody else changed the settings"))
            #expect(try await remove("").status == 400)
            #expect(try await console.sql("select count(*) from whatsapp_configs where tenant_id = 1") == "1")
            #expect(try await remove("1").status == 303)
        }
    }

    @Test("a stored token that does not open is explained")
    func sealedToken() async throws {
        try await ConsoleHarness.run { console in
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(console.first.key)
            _ = try await console.sql(
                """
                update whatsapp_configs set access_token =
                    set_byte(access_token, length(access_token) - 1, get_byte(access_token, length(access_token) - 1) # 1)
                where tenant_id = 1
                """)
            let test = try await browser.post("/app/whatsapp/test", [], from: "/app/whatsapp")
            #expect(test.status == 200)
            #expect(test.text.contains("cannot be opened"))
        }
    }

    @Test("a NUL is nothing that anybody has")
    func noughts() async throws {
        try await ConsoleHarness.run { console in
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(console.first.key)
            for path in ["%00/resend", "a%00b/cancel"] {
                let reply = try await browser.post("/app/whatsapp/messages/\(path)", [], from: "/app/whatsapp")
                #expect(reply.status == 404, "\(path)")
            }
            #expect(try await browser.get("/app/whatsapp/conversations?q=a%00b").status == 200)
            let staff = PageTests.Browser(console)
            _ = try await staff.signIn(ConsoleHarness.operatorKey)
            for act in ["discard", "replay"] {
                let reply = try await staff.post(
                    "/app/queues/inbound/\(act)", [("reason", "a\0b"), ("error", "c\0d"), ("expected", "1")],
                    from: "/app/queues")
                #expect(reply.status == 303, "\(act): \(reply.text)")
            }
        }
    }

    @Test("operators hear of what they typed wrongly when they create a tenant, and nothing is made of it")
    func newTenants() async throws {
        try await ConsoleHarness.run { console in
            let staff = PageTests.Browser(console)
            _ = try await staff.signIn(ConsoleHarness.operatorKey)
            let right = ["name": "New", "phone_number_id": "77", "waba_id": "88", "access_token": "EAAtoken"]
            for (field, value) in [
                ("waba_id", "8 8"), ("access_token", "EAA token"), ("name", String(repeating: "n", count: 300)),
            ] {
                let reply = try await staff.post(
                    "/app/queues/tenants", right.merging([field: value]) { $1 }.map { ($0, $1) },
                    from: "/app/queues/tenants")
                #expect(reply.status == 422, "\(field)")
            }
            #expect(try await console.sql("select count(*) from tenants") == "2")
            let long = try await staff.post(
                "/app/queues/inbound/pause", [("reason", String(repeating: "r", count: 1_001))], from: "/app/queues")
            #expect(long.status == 400)
            let made = try await staff.post(
                "/app/queues/tenants", right.map { ($0, $1) }, from: "/app/queues/tenants")
            #expect(made.status == 200)
        }
    }

    @Test("the bare site and a slash too many lead to the page that was meant")
    func paths() async throws {
        try await ConsoleHarness.run { console in
            for (typed, meant) in [("/", "/app"), ("/app/whatsapp/", "/app/whatsapp"), ("/app//", "/app")] {
                let reply = try await console.call("GET", typed)
                #expect(reply.status == 303 && reply.header("Location") == meant, "\(typed)")
            }
            #expect(try await console.call("GET", "/api/whatsapp/config/").status == 404)
            let unknown = try await console.call(
                "PUT", "/api/whatsapp/config", key: console.first.key, body: #"{"wabaid":"1"}"#)
            #expect(unknown.status == 422 && unknown.text.contains("wabaid"), "\(unknown.text)")
        }
    }

    @Test("a sign-in form in a second tab, after the first one signed in, leads to where one is signed in")
    func secondTab() async throws {
        try await ConsoleHarness.run { console in
            let browser = PageTests.Browser(console)
            #expect(try await browser.signIn(console.first.key).status == 303)
            let second = try await browser.go("POST", "/app/sign-in", body: "csrf=of-the-first&key=x")
            #expect(second.status == 303 && second.header("Location") == "/app")
            let stranger = try await PageTests.Browser(console).go("POST", "/app/sign-in", body: "csrf=x&key=x")
            #expect(stranger.status == 403)
        }
    }

    @Test("who may embed the tenants' pages may not embed the operators'")
    func frames() async throws {
        try await ConsoleHarness.run {
            $0.frameAncestors = ["https://app.example.com"]
        } _: { console in
            let (tenant, staff) = (PageTests.Browser(console), PageTests.Browser(console))
            _ = try await tenant.signIn(console.first.key)
            _ = try await staff.signIn(ConsoleHarness.operatorKey)
            let policy = "Content-Security-Policy"
            let own = try await tenant.get("/app/whatsapp").header(policy) ?? ""
            #expect(own.hasSuffix("frame-ancestors https://app.example.com"))
            for (browser, path) in [
                (staff, "/app/queues"), (staff, "/app/queues/tenants"), (staff, "/app/queues/nothing/jobs"),
                (tenant, "/app/queues"),
            ] {
                let reply = try await browser.get(path)
                #expect(reply.header(policy)?.hasSuffix("frame-ancestors 'none'") == true, "\(path)")
            }
        }
    }

    @Test("the list of conversations is read in the order of an index")
    func listIndex() async throws {
        try await ConsoleHarness.run { console in
            _ = try await console.sql(
                """
                insert into whatsapp_conversations (tenant_id, last_message_at)
                select 2, now() - n * interval '1 minute' from generate_series(1, 20000) n;
                analyze whatsapp_conversations
                """)
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(console.other.key)
            try await waitUntil("a look into the index to be counted") {
                guard try await browser.get("/app/whatsapp/conversations").status == 200 else { return false }
                return try await console.sql(
                    """
                    select idx_scan > 0 from pg_stat_user_indexes where indexrelname = 'whatsapp_conversations_latest'
                    """) == "t"
            }
        }
    }
}
