import Foundation
import GraphSimulator
import TestSupport
import Testing

/// When a send goes out, and when it does not any more.
@Suite("When sends go out", .timeLimit(.minutes(3))) struct SendTimingTests {
    /// Nobody has written to it.
    private static let stranger = 19

    @Test("not before send_at, also when its turn was asked for while the queue was paused")
    func times() async throws {
        try await SendPath.run { path in
            _ = try await path.deployment.startWorker()
            let soon = Self.time(in: 15)
            try await path.deployment.command.output("queue", "pause", "outbound", "--reason", "test")
            try await path.push([
                path.request("later", to: 0, more: #","send_at":"\#(soon)""#),
                path.request("now", to: 2),
            ])
            try await path.deployment.command.output("queue", "resume", "outbound")
            try await waitUntil("the one that waits for nothing is accepted") {
                try await path.column("status", of: "now") == "accepted"
            }
            let early = try await path.column("status", of: "later")
            #expect(early == "queued")
            try await waitUntil("its time has come", within: .seconds(40)) {
                try await path.column("status", of: "later") == "accepted"
            }
            let sends = path.simulator.sends(to: SendPath.customer(0))
            let first = try #require(sends.first)
            let due = try Self.milliseconds(soon)
            #expect(sends.count == 1 && first.acceptedAt >= due)
        }
    }

    @Test("what has expired while its number was held back ends as expired and is never sent")
    func expired() async throws {
        try await SendPath.run { path in
            path.simulator.script(ScriptRule(.refuse(GraphError(code: 130_429, headers: [("Retry-After", "7")]))))
            _ = try await path.deployment.startWorker()
            try await path.push([path.request("Q", to: 0, more: #","expires_at":"\#(Self.time(in: 3))""#)])
            try await path.waitForStatuses(["expired": 1], within: .seconds(20))
            #expect(path.simulator.summary.taken == 0)
        }
    }

    @Test("what has begun and expires while it waits for slow answers to others is not sent any more")
    func expiredAtTheGate() async throws {
        let count = 60
        try await SendPath.run(customers: count) { path in
            path.simulator.script(ScriptRule(.take, latencyMilliseconds: 9_000))
            _ = try await path.deployment.startWorker()
            let end = Self.time(in: 5)
            try await path.push((0..<count).map { path.request("Q-\($0)", to: $0, more: #","expires_at":"\#(end)""#) })
            try await waitUntil("all have ended", within: .seconds(40)) {
                let statuses = try await path.statuses()
                return statuses["expired", default: 0] > 0
                    && statuses["expired", default: 0] + statuses["accepted", default: 0] == count
            }
            let last = try #require(path.simulator.requests.map(\.receivedAt).max())
            let expiry = try Self.milliseconds(end)
            // A send that ignored its expiry would go once the first are answered, 4 s or more after it.
            #expect(last <= expiry + 3_000, "\(last - expiry) ms too late")
        }
    }

    @Test(
        "outside of the window a quote waits, fails or goes out as the template, as asked; a customer's message opens it"
    )
    func window() async throws {
        try await SendPath.run(tenants: 2, customers: Self.stranger) { path in
            let ingress = try await path.startIntake()
            _ = try await path.deployment.startWorker()
            try await path.deployment.sql(
                "update whatsapp_configs set template_name = 'quote_ready', template_language = 'en_US' where tenant_id = "
                    + path.tenants[1].id)
            let to = Self.stranger
            try await path.push([
                path.request("wait", to: to, more: #","on_closed":"wait""#),
                path.request("fail", to: to, more: #","on_closed":"fail""#),
                path.request("template", tenant: 1, to: to),
            ])
            try await path.waitForStatuses(["queued": 1, "failed": 1, "delivered": 1], within: .seconds(20))
            #expect(try await path.column("status", of: "fail") == "failed")
            #expect(try await path.column("status", of: "template") == "delivered")
            #expect(path.simulator.sends.map(\.type) == ["template"])
            let player = CustomerPlayer(
                customer: Customer(name: "Ana", waID: String(SendPath.customer(to).dropFirst())),
                number: path.tenants[0].number, appSecret: path.deployment.settings.appSecret)
            _ = try await player.post(
                player.webhook(.text("hello"), wamid: "wamid.opens").body, toPort: ingress.port ?? 0)
            try await path.waitForStatuses(["failed": 1, "delivered": 2], within: .seconds(20))
        }
    }

    @Test("131056 holds back its recipient alone")
    func pairLimit() async throws {
        try await SendPath.run { path in
            path.simulator.script(
                ScriptRule(.refuse(GraphError(code: 131_056)), recipient: SendPath.customer(0), times: 2))
            _ = try await path.deployment.startWorker()
            try await path.push([path.request("held", to: 0)])
            try await waitUntil("the first was refused") { path.simulator.summary.refused[131_056, default: 0] >= 1 }
            try await path.push((1..<10).map { path.request("Q-\($0)", to: $0) })
            try await path.waitForStatuses(["accepted": 10], within: .seconds(30))
            // 4^0 s after the first refusal, 4^1 s after the second.
            let tries = Self.times(path, to: 0)
            try #require(tries.count == 3)
            #expect(tries[1] - tries[0] >= 1_000 && tries[2] - tries[1] >= 4_000, "\(tries)")
            for customer in 1..<10 {
                #expect(
                    try #require(Self.times(path, to: customer).first) < tries[2], "it waited for another one's hold")
            }
            #expect(path.nothingWasDoubled)
        }
    }

    @Test("Retry-After is honoured, as seconds and as a date", arguments: [false, true])
    func retryAfter(isDate: Bool) async throws {
        try await SendPath.run(tenants: 2) { path in
            _ = try await path.deployment.startWorker()
            let header = isDate ? Self.httpDate(in: 12) : "7"
            path.simulator.script(
                ScriptRule(
                    .refuse(GraphError(code: 130_429, headers: [("Retry-After", header)])),
                    number: path.tenants[0].number.phoneNumberID, times: 1))
            try await path.push([path.request("refused", to: 0)])
            try await waitUntil("it was refused") { path.simulator.summary.refused[130_429] == 1 }
            try await path.push([path.request("same", to: 1), path.request("other", tenant: 1, to: 2)])
            try await waitUntil("the other tenant's is accepted", within: .seconds(20)) {
                try await path.column("status", of: "other") == "accepted"
            }
            try await path.waitForStatuses(["accepted": 3], within: .seconds(30))
            let first = try #require(Self.times(path, to: 0).first)
            for customer in 0...1 {
                let last = try #require(Self.times(path, to: customer).last)
                #expect((6_500...25_000).contains(last - first), "\(last - first) ms later")
            }
            let (other, held) = (Self.times(path, to: 2).first, Self.times(path, to: 1).last)
            #expect(try #require(other) < #require(held), "it waited for another tenant's hold")
        }
    }

    @Test("a failed status ends the send with its reason, or has it tried again, by the same table as refusals")
    func failedStatuses() async throws {
        try await SendPath.run { path in
            try await path.startIntake()
            path.simulator.script(ScriptRule(.fail(GraphError(code: 131_026)), recipient: SendPath.customer(0)))
            path.simulator.script(
                ScriptRule(.fail(GraphError(code: 130_429)), recipient: SendPath.customer(1), firstAttemptOnly: true))
            _ = try await path.deployment.startWorker()
            try await path.push([path.request("lost", to: 0), path.request("again", to: 1)])
            try await path.waitForStatuses(["failed": 1, "delivered": 1], within: .seconds(60))
            #expect(try await path.column("status", of: "lost") == "failed")
            #expect(try await path.column("coalesce(reason, '')", of: "lost") != "")
            #expect(try await path.column("attempts", of: "again") == "2")
        }
    }

    /// When Meta was asked for messages to a customer, in milliseconds.
    private static func times(_ path: SendPath, to customer: Int) -> [Int64] {
        path.simulator.requests.filter {
            String(decoding: $0.body, as: UTF8.self).contains(SendPath.customer(customer))
        }
        .map(\.receivedAt)
    }

    private static func httpDate(in seconds: Double) -> String {
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.timeZone = TimeZone(identifier: "UTC")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return format.string(from: Date(timeIntervalSinceNow: seconds))
    }

    private static func time(in seconds: Double) -> String {
        ISO8601DateFormatter().string(from: Date(timeIntervalSinceNow: seconds.rounded(.up)))
    }

    /// Unix milliseconds of a time as requests write it.
    private static func milliseconds(_ text: String) throws -> Int64 {
        Int64(try #require(ISO8601DateFormatter().date(from: text)).timeIntervalSince1970 * 1_000)
    }
}
