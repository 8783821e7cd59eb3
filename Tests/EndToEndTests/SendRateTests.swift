import GraphSimulator
import TestSupport
import Testing

/// A number's rate and a recipient's are for what goes to Meta, and nothing else uses them up.
@Suite("What sends cost", .timeLimit(.minutes(3))) struct SendRateTests {
    @Test("what waits for its recipient's place has its turn then, and no second one before")
    func recipient() async throws {
        try await SendPath.run { path in
            _ = try await path.deployment.startWorker()
            try await path.push((0..<60).map { path.request("Q-\($0)", to: 0) })
            try await waitUntil("those that the recipient may have at once are accepted") {
                try await path.statuses()["accepted", default: 0] >= 45
            }
            // All but the one whose time has just come.
            try await waitUntil("the others' turns are noted") {
                try await path.deployment.sql(
                    """
                    select count(*) between 2 and 15 and count(*) filter (where turn_at <= now()) <= 1
                        and max(turn_at) > now() + interval '15 s'
                        and count(distinct date_trunc('second', turn_at)) = count(*)
                    from whatsapp_messages where status = 'queued'
                    """) == "t"
            }
        }
    }

    @Test("turns that lead to no request cost their number no second")
    func stale() async throws {
        try await SendPath.run(perSecond: 1) { path in
            try await path.deployment.command.output("queue", "pause", "outbound", "--reason", "test")
            _ = try await path.deployment.startWorker()
            let tenant = path.tenants[0]
            try await path.push(
                (0..<60).map { index in
                    #"{"type":"quote_link","payload":{"tenant":"\#(tenant.id)","message":"01JDZZZZZZZZZZZZZZZZZZZZ\#(index + 10)","#
                        + #""number":"\#(tenant.number.phoneNumberID)","recipient":"r\#(index)"}}"#
                } + (0..<3).map { path.request("Q-\($0)", to: $0) })
            try await path.deployment.command.output("queue", "resume", "outbound")
            try await path.waitForStatuses(["accepted": 3], within: .seconds(20))
            // Those three still keep to the rate.
            let times = path.simulator.sends.map(\.acceptedAt).sorted()
            try #require(times.count == 3)
            #expect(times[2] - times[0] >= 1_900)
        }
    }
}
