import Foundation
import GraphSimulator
import TestSupport
import Testing

/// What stands in a message's way for long does not end it.
@Suite("Patience of sends", .timeLimit(.minutes(3))) struct SendPatienceTests {
    @Test("refused by a dead token on Friday, throttled and refused by a proxy on Monday: it goes out all the same")
    func weekend() async throws {
        try await SendPath.run { path in
            try await path.startIntake()
            _ = try await path.deployment.startWorker()
            let number = path.tenants[0].number.phoneNumberID
            path.simulator.revokeToken(ofNumber: number)
            try await path.push([path.request("Q", to: 0)])
            try await waitUntil("the number is paused", within: .seconds(20)) {
                try await path.deployment.sql("select status from whatsapp_configs") == "paused"
            }
            try await path.waitForStatuses(["queued": 1])
            try await path.deployment.sql(
                """
                update whatsapp_messages set due_at = due_at - interval '3 days',
                    trying_since = trying_since - interval '3 days';
                update whatsapp_send_attempts set started_at = started_at - interval '3 days',
                    ended_at = ended_at - interval '3 days'
                """)
            let proxy = GraphAnswer(status: 403, contentType: "text/html", body: Array("<html>no</html>".utf8))
            path.simulator.script(ScriptRule(.refuse(GraphError(code: 130_429)), times: 1))
            path.simulator.script(ScriptRule(.answer(proxy), times: 1))
            path.simulator.setToken("EAAfresh", ofNumber: number)
            try await path.deployment.command.output(
                "tenant", "set-token", "--tenant", path.tenants[0].id, "--access-token-stdin", input: "EAAfresh\n")
            try await path.waitForStatuses(["delivered": 1])
            #expect(try await path.column("attempts", of: "Q") == "4")
        }
    }

    @Test("while Meta cannot be reached nothing is written again and again, and then everything goes out once")
    func unreachable() async throws {
        try await SendPath.run(customers: 200) { path in
            let port = path.simulator.port
            await path.simulator.stop()
            _ = try await path.deployment.startWorker()
            try await path.askByOutbox(200, named: "Q")
            try await waitUntil("one was tried", within: .seconds(20)) {
                try await path.deployment.sql(
                    "select count(*) > 0 from whatsapp_messages where status = 'queued' and reason_code = 'not-sent'")
                    == "t"
            }
            let since = ContinuousClock.now
            let lanes = "select coalesce(sum(attempts), 0) from whatsapp_messages"
            try await waitUntil("several tries' time to pass", within: .seconds(20)) {
                since.duration(to: .now) > .seconds(6)
            }
            try await waitUntil("no attempt is under way") { try await path.deployment.sql(lanes) == "0" }
            // A row for each that was tried, not for each time.
            #expect(
                try await path.deployment.sql("select max(attempt), count(*) <= 100 from whatsapp_send_attempts")
                    == "1|t")
            #expect(try await path.statuses() == ["queued": 200])
            let story = try await path.deployment.command.output(
                "explain",
                try await path.deployment.sql(
                    "select id from whatsapp_messages where reason_code = 'not-sent' limit 1"))
            #expect(story.contains("it was certainly not sent: WhatsApp could not be reached"), "\(story)")
            let back = try await GraphSimulator.start(numbers: path.tenants.map(\.number), port: port)
            try await path.waitForStatuses(["accepted": 200])
            #expect(back.takenByMessage.count == 200 && back.takenByMessage.values.allSatisfy { $0 == 1 })
            #expect(try await path.deployment.sql("select sum(attempts) from whatsapp_messages") == "200")
            await back.stop()
        }
    }

    @Test("while something before Meta answers 502, few sends run into it, and then everything goes out once")
    func badGateway() async throws {
        let count = 100
        try await SendPath.run(
            environment: ["SEND_UNKNOWN_GRACE_SECONDS": "3"], customers: count, perSecond: 80
        ) { path in
            try await path.startIntake()
            let proxy = GraphAnswer(status: 502, contentType: "text/html", body: Array("<html>no</html>".utf8))
            path.simulator.script(ScriptRule(.answer(proxy)))
            _ = try await path.deployment.startWorker()
            try await path.askByOutbox(count, named: "Q")
            try await waitUntil("one was tried", within: .seconds(20)) { path.simulator.summary.posts > 0 }
            let since = ContinuousClock.now
            try await waitUntil("time in which all could have gone out", within: .seconds(20)) {
                since.duration(to: .now) > .seconds(4)
            }
            let struck = path.simulator.summary.posts
            #expect(struck < count / 2, "\(struck)")
            path.simulator.clearScript()
            try await path.waitForStatuses(["delivered": count], within: .seconds(90))
            let taken = path.simulator.takenByMessage
            #expect(taken.count == count && taken.values.allSatisfy { $0 == 1 })
        }
    }

    @Test("a gateway's Retry-After of a day holds its number for minutes, Meta's own for a day; an operator ends both")
    func longRetryAfter() async throws {
        try await SendPath.run(environment: ["SEND_UNKNOWN_GRACE_SECONDS": "3"]) { path in
            try await path.startIntake()
            _ = try await path.deployment.startWorker()
            let number = path.tenants[0].number.phoneNumberID
            let day = [("Retry-After", "86400")]
            let gateway = GraphAnswer(
                status: 503, headers: day, contentType: "text/html", body: Array("<html>later</html>".utf8))
            let effects: [(ScriptRule.Effect, ClosedRange<Int>)] = [
                (.answer(gateway), 200...300), (.refuse(GraphError(code: 131_016, headers: day)), 86_000...86_400),
            ]
            for (index, (effect, seconds)) in effects.enumerated() {
                path.simulator.script(ScriptRule(effect, times: 1))
                try await path.push([path.request("struck-\(index)", to: index)])
                try await waitUntil("it is unknown", within: .seconds(20)) {
                    try await path.column("status", of: "struck-\(index)") == "unknown"
                }
                let posts = path.simulator.summary.posts
                try await path.push([path.request("behind-\(index)", to: 10 + index)])
                var lanes: [[String: Any]] = []
                try await waitUntil("one waits in the lane that is held", within: .seconds(20)) {
                    let list = try await path.deployment.command.output("lane", "list", "--json")
                    lanes = try JSONSerialization.jsonObject(with: Data(list.utf8)) as? [[String: Any]] ?? []
                    return lanes.first?["held_until"] is String && lanes.first?["waiting"] as? Int ?? 0 > 0
                }
                let until = try #require(lanes.first?["held_until"] as? String)
                let held = try #require(ISO8601DateFormatter().date(from: until)).timeIntervalSinceNow
                #expect(seconds.contains(Int(held)), "\(index): \(held) s")
                #expect(path.simulator.summary.posts == posts)
                let resumed = try await path.deployment.command.output("lane", "resume", number)
                #expect(resumed.contains("it was held by Meta for another"))
                try await path.waitForStatuses(["delivered": 2 * (index + 1)])
            }
            #expect(path.nothingWasDoubled)
        }
    }

    @Test("Retry-After: 0 does not switch the brake off")
    func noTime() async throws {
        try await SendPath.run { path in
            path.simulator.script(ScriptRule(.refuse(GraphError(code: 130_429, headers: [("Retry-After", "0")]))))
            _ = try await path.deployment.startWorker()
            try await path.push([path.request("Q", to: 0)])
            try await waitUntil("the first was refused", within: .seconds(20)) { path.simulator.summary.posts > 0 }
            let since = ContinuousClock.now
            try await waitUntil("six seconds to pass", within: .seconds(20)) {
                since.duration(to: .now) > .seconds(6)
            }
            // After about 1, 2 and 4 seconds.
            #expect((2...5).contains(path.simulator.summary.posts), "\(path.simulator.summary.posts)")
        }
    }

    @Test("a customer's call opens the window for what waits for it")
    func call() async throws {
        try await SendPath.run(customers: 19) { path in
            let ingress = try await path.startIntake()
            _ = try await path.deployment.startWorker()
            try await path.push([path.request("Q", to: 19)])
            try await waitUntil("it waits for the customer", within: .seconds(20)) {
                try await path.column("due_at = 'infinity'", of: "Q") == "t"
            }
            let caller = SendPath.customer(19).dropFirst()
            let now = try await path.deployment.sql("select extract(epoch from now())::bigint + 1")
            let body =
                #"{"object":"whatsapp_business_account","entry":[{"id":"\#(path.tenants[0].number.wabaID)","changes":[{"#
                + #""field":"calls","value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"1555","#
                + #""phone_number_id":"\#(path.tenants[0].number.phoneNumberID)"},"calls":[{"id":"wacid.1","#
                + #""from":"\#(caller)","to":"1555","event":"connect","timestamp":"\#(now)","#
                + #""direction":"USER_INITIATED"}]}}]}]}"#
            let player = CustomerPlayer(
                customer: Customer(name: "Ana", waID: String(caller)), number: path.tenants[0].number,
                appSecret: path.deployment.settings.appSecret)
            #expect(try await player.post(Array(body.utf8), toPort: ingress.port ?? 0).status == 200)
            try await path.waitForStatuses(["delivered": 1])
        }
    }
}
