import GraphSimulator
import TestSupport
import Testing

/// A quote link goes out once, and its row says where it is.
@Suite("Sends", .timeLimit(.minutes(3))) struct SendTests {
    @Test("asked for by each way at once it is one send, and walks to read")
    func threeWays() async throws {
        try await SendPath.run(statuses: .all) { path in
            try await path.startIntake()
            let tenant = path.tenants[0]
            let (request, key) = (path.request("Q-1", to: 0), SendPath.customer(0))
            // All there before anybody works on them.
            try await path.push([request, request])
            try await path.deployment.sql(
                """
                insert into whatsapp_outbox (tenant_id, request) select \(tenant.id),
                '{"type":"quote_link","to":"\(key)","quote":{"id":"Q-1","url":"https://quotes.example/Q-1"}}'
                from generate_series(1, 2)
                """)
            async let worker = path.deployment.startWorker()
            let said = try await path.deployment.command.output(
                "send", "--tenant", tenant.id, "--to", key, "--quote-id", "Q-1", "--url", "https://quotes.example/Q-1")
            _ = try await worker
            try await path.waitForStatuses(["read": 1])
            let id = try await path.column("id", of: "Q-1")
            #expect(said.contains(id))
            try await waitUntil("the outbox names the message") {
                try await path.deployment.sql("select count(*), min(message_id), max(message_id) from whatsapp_outbox")
                    == "2|\(id)|\(id)"
            }
            #expect(path.simulator.sends.count == 1)
            try await waitUntil("nothing is left in the queue") { try await path.deployment.depths("outbound").isEmpty }
            let story = try await path.deployment.command.output("explain", "Q-1")
            for part in ["asked for", "attempt 1", "status sent", "status delivered", "status read"] {
                #expect(story.contains(part), "\(story)")
            }
        }
    }

    @Test("statuses that overtake the answer count, and a lost answer is settled by them")
    func overtaken() async throws {
        try await SendPath.run { path in
            try await path.startIntake()
            path.simulator.script(ScriptRule(.take, recipient: SendPath.customer(0), latencyMilliseconds: 1_500))
            path.simulator.script(ScriptRule(.loseAnswer, recipient: SendPath.customer(1)))
            path.simulator.script(ScriptRule(.cutAfter, recipient: SendPath.customer(2)))
            _ = try await path.deployment.startWorker()
            try await path.push((0...3).map { path.request("Q-\($0)", to: $0) })
            try await path.waitForStatuses(["delivered": 4])
            #expect(path.simulator.takenByMessage.values.sorted() == [1, 1, 1, 1])
            #expect(try await path.deployment.sql("select max(attempts) from whatsapp_messages") == "1")
        }
    }

    @Test("one that may have gone out is not sent again while statuses cannot come in")
    func intakeAway() async throws {
        try await SendPath.run(environment: ["SEND_UNKNOWN_GRACE_SECONDS": "2"]) { path in
            // Meta tries to deliver its statuses, in vain.
            let port = try freePort()
            await path.simulator.postWebhooks(
                to: [IngressAddress(port: port)], appSecret: path.deployment.settings.appSecret)
            path.simulator.script(ScriptRule(.cutAfter, firstAttemptOnly: true))
            _ = try await path.deployment.startWorker()
            try await path.push([path.request("Q-1", to: 0), path.request("Q-2", to: 1)])
            try await path.waitForStatuses(["unknown": 2])
            // Several times the grace, with no Ingress.
            let since = ContinuousClock.now
            try await waitUntil("a multiple of the grace to pass", within: .seconds(15)) {
                since.duration(to: .now) > .seconds(8)
            }
            #expect(try await path.statuses() == ["unknown": 2])
            #expect(path.simulator.summary.posts == 2)
            _ = try await path.deployment.startIngress(port: port)
            try await path.waitForStatuses(["delivered": 2])
            #expect(path.simulator.summary.posts == 2)
        }
    }

    @Test("once the grace is over, with intake alive, it goes out again; with on_unknown hold it waits for a person")
    func graceOver() async throws {
        try await SendPath.run(statuses: .none, environment: ["SEND_UNKNOWN_GRACE_SECONDS": "2"]) { path in
            let ingress = try await path.startIntake()
            path.simulator.script(ScriptRule(.cutAfter, recipient: SendPath.customer(0), firstAttemptOnly: true))
            path.simulator.script(ScriptRule(.cutAfter, recipient: SendPath.customer(1)))
            _ = try await path.deployment.startWorker()
            try await path.push([
                path.request("resend", to: 0), path.request("hold", to: 1, more: #","on_unknown":"hold""#),
            ])
            // Intake is alive when webhooks come in.
            let player = CustomerPlayer(
                customer: Customer(name: "Ana", waID: "4915100000000"), number: path.tenants[0].number,
                appSecret: path.deployment.settings.appSecret)
            var posted = 0
            try await waitUntil("the first is sent again, the other held", within: .seconds(40)) {
                posted += 1
                _ = try await player.post(
                    player.webhook(.text("hello"), wamid: "wamid.\(posted)").body, toPort: ingress.port ?? 0)
                let held = try await path.column("held", of: "hold")
                return try await path.column("status", of: "resend") == "accepted" && held == "t"
            }
            #expect(try await path.column("attempts", of: "resend") == "2")
            #expect(try await path.column("status || attempts", of: "hold") == "unknown1")
            #expect(try await path.column("reason", of: "hold") != "")
        }
    }

    @Test("a token revoked in the middle of 1,000 sends pauses its number alone; a new one lets all go that waited")
    func revoked() async throws {
        try await SendPath.run(tenants: 2, customers: 1_000) { path in
            try await path.startIntake()
            for _ in 0..<2 { _ = try await path.deployment.startWorker() }
            // Calls go on for as long as the first refusal is under way: at this rate it takes more than a second for as many
            // as are too many.
            try await path.deployment.sql("update whatsapp_configs set throttle_per_second = 50")
            try await path.askByOutbox(1_000, named: "Q")
            try await waitUntil("some were taken", within: .seconds(30), poll: .milliseconds(2)) {
                path.simulator.summary.taken >= 150
            }
            path.simulator.revokeToken(ofNumber: path.tenants[0].number.phoneNumberID)
            let taken = path.simulator.summary.taken
            try await path.askByOutbox(100, named: "other", tenant: 1)
            try await path.waitForStatuses(["delivered": taken + 100, "queued": 1_000 - taken])
            let refused = path.simulator.summary.refused[190, default: 0]
            #expect((1...60).contains(refused), "\(refused) calls with a dead token")
            #expect(
                try await path.deployment.sql("select status from whatsapp_configs order by tenant_id")
                    == "paused\nactive")
            // Those that Meta refused had their call; the others wait as they came.
            #expect(
                try await path.deployment.sql(
                    "select count(*) from whatsapp_messages where status = 'queued' and attempts > 0") == "\(refused)")
            try await path.deployment.sql("update whatsapp_configs set throttle_per_second = 400")
            path.simulator.setToken("EAAfresh", ofNumber: path.tenants[0].number.phoneNumberID)
            try await path.deployment.command.output(
                "tenant", "set-token", "--tenant", path.tenants[0].id, "--access-token-stdin", input: "EAAfresh\n")
            try await path.waitForStatuses(["delivered": 1_100])
            #expect(path.nothingWasDoubled && path.simulator.summary.refused[190] == refused)
        }
    }
}
