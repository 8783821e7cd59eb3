import GraphSimulator
import TestSupport
import Testing

/// What nobody should do to the queue and to the rows, done to them: the sends beside it go out once.
@Suite("Sends among things that should not be there", .timeLimit(.minutes(3))) struct SendAttackTests {
    /// Pushed by somebody who does not know the form, or knows it too well.
    private static let hostile = [
        "", " ", "null", "[]", "{}", "quote_link", "\u{1}\u{7f}", #"{"type":"quote_link"}"#,
        #"{"type":"quote_link","payload":[]}"#, #"{"type":"quote_link","payload":{"tenant":1}}"#,
        #"{"type":7,"payload":{}}"#, #"{"type":"","payload":{}}"#, #"{"type":"text","payload":{},"attempt":9}"#,
        #"{"type":"a\",\"crashes\":3,\"payload\":{","payload":{"tenant":1}}"#,
        #"{"type":"text","id":"\u0000","payload":{"tenant":1,"to":"+16505551234","body":""}}"#,
        #"{"type":"text","payload":{"tenant":0,"to":"+16505551234","body":"a"}}"#,
        #"{"type":"text","payload":{"tenant":9223372036854775807,"to":"+16505551234","body":"a"}}"#,
        #"{"type":"text","payload":{"tenant":1,"to":"+16505551234","body":"a","key":""}}"#,
        #"{"type":"text","payload":{"tenant":1,"to":"+16505551234","body":"\u0000"}}"#,
        // They look like turns, and would name a key or a parameter that Postgres refuses.
        #"{"type":"text","payload":{"tenant":"1","message":"\u0000","number":"106540352242920","recipient":"r"}}"#,
        #"{"type":"text","payload":{"tenant":"1","message":"01J","number":"a b","recipient":"r"}}"#,
        #"{"type":"text","payload":{"tenant":"1","message":"01J","number":"","recipient":"r"}}"#,
        #"{"type":"text","payload":{"tenant":"x","message":"01J","number":"1","recipient":"r"}}"#,
        #"{"v":1,"id":"x"}"#, #"{"v":1,"id":"x","type":"text","received_at":1,"attempt":0,"crashes":0,"payload":{}}"#,
        String(repeating: "[", count: 20_000), #"{"type":"text","payload":"# + String(repeating: "[", count: 20_000),
    ]

    @Test("hostile elements in the waiting list and in a lane end as dead letters that say why; all others go out")
    func elements() async throws {
        try await SendPath.run(customers: 200) { path in
            try await path.startIntake()
            let lane = "wa:{outbound}:lane:\(path.tenants[0].number.phoneNumberID)"
            for (index, element) in Self.hostile.enumerated() {
                try await path.push([path.request("Q-\(2 * index)", to: 2 * index)])
                try await path.push([element])
                try await path.push([path.request("Q-\(2 * index + 1)", to: 2 * index + 1)])
                _ = try await path.deployment.redis.cli(["LPUSH", lane, element])
            }
            _ = try await path.deployment.redis.cli([
                "ZADD", "wa:{outbound}:lanes", "0", path.tenants[0].number.phoneNumberID,
            ])
            _ = try await path.deployment.startWorker()
            try await path.waitForStatuses(["delivered": 2 * Self.hostile.count])
            try await waitUntil("nothing waits any more", within: .seconds(20)) {
                let depths = try await path.deployment.depths("outbound")
                return depths.ready + depths.claimed + depths.scheduled == 0
            }
            // Equal ones are one dead letter.
            let dead = try await path.deployment.depths("outbound").dead
            #expect(dead >= Self.hostile.count, "\(dead)")
            let letters = try await path.deployment.redis.cli(["ZRANGE", "wa:{outbound}:dead", "0", "-1"])
            #expect(!letters.contains(#""error":null"#) && letters.contains(#""error":{"#))
            #expect(path.nothingWasDoubled && path.simulator.summary.posts == 2 * Self.hostile.count)
        }
    }

    @Test("a turn in another lane than its number's goes round neither that number's hold nor its pause")
    func otherLane() async throws {
        try await SendPath.run { path in
            path.simulator.script(
                ScriptRule(.refuse(GraphError(code: 130_429, headers: [("Retry-After", "4")])), times: 1))
            _ = try await path.deployment.startWorker()
            try await path.push([path.request("Q", to: 0)])
            try await waitUntil("it was refused") { path.simulator.summary.posts == 1 }
            let id = try await path.column("id", of: "Q")
            func stray(_ number: String) -> String {
                #"{"type":"quote_link","payload":{"tenant":"\#(path.tenants[0].id)","message":"\#(id)","number":"\#(number)","#
                    + #""recipient":"r"}}"#
            }
            try await path.push((0..<20).map { stray("lane-\($0)") })
            try await waitUntil("the strays have been looked at") {
                try await path.deployment.depths("outbound").ready == 0
            }
            try await path.waitForStatuses(["accepted": 1], within: .seconds(20))
            let times = path.simulator.requests.map(\.receivedAt)
            try #require(times.count == 2)
            #expect(times[1] - times[0] >= 3_900, "\(times[1] - times[0]) ms")

            let number = path.tenants[0].number.phoneNumberID
            try await path.deployment.command.output("lane", "pause", number, "--reason", "test")
            try await path.push([path.request("paused", to: 1)])
            try await waitUntil("it is queued") { try await path.column("status", of: "paused") == "queued" }
            try await path.push([stray("lane").replacing(id, with: try await path.column("id", of: "paused"))])
            try await waitUntil("the stray waits with the others") {
                try await path.deployment.redis.cli(["LLEN", "wa:{outbound}:lane:\(number)"]) == "2"
            }
            #expect(path.simulator.summary.posts == 2)
            try await path.deployment.command.output("lane", "resume", number)
            try await path.waitForStatuses(["accepted": 2])
            #expect(path.simulator.summary.posts == 3 && path.nothingWasDoubled)
        }
    }

    @Test("a row that cannot begin holds back no other of its batch")
    func poisonedRow() async throws {
        try await SendPath.run(customers: 60) { path in
            try await path.startIntake()
            let worker = try await path.deployment.startWorker()
            let number = path.tenants[0].number.phoneNumberID
            try await path.deployment.command.output("lane", "pause", number, "--reason", "test")
            try await path.push((0..<60).map { path.request("Q-\($0)", to: $0) })
            try await path.waitForStatuses(["queued": 60])
            try await path.deployment.sql(
                "update whatsapp_messages set attempts = 2147483647 where quote_id in ('Q-7', 'Q-33')")
            try await path.deployment.command.output("lane", "resume", number)
            try await path.waitForStatuses(["queued": 2, "delivered": 58])
            #expect(path.nothingWasDoubled)
            #expect(try await worker.readiness() == 200)
        }
    }

    @Test("Redis emptied while sends wait: they get their turns again, pauses stay, and none goes out twice")
    func emptiedRedis() async throws {
        try await SendPath.run(tenants: 2, statuses: .none, customers: 300, perSecond: 50) { path in
            for _ in 0..<2 { _ = try await path.deployment.startWorker() }
            try await path.deployment.command.output(
                "lane", "pause", path.tenants[1].number.phoneNumberID, "--reason", "test")
            try await path.askByOutbox(300, named: "Q")
            try await path.askByOutbox(5, named: "paused", tenant: 1)
            for part in 1...2 {
                try await waitUntil("part \(part) is taken") { path.simulator.summary.taken >= part * 60 }
                _ = try await path.deployment.redis.cli(["FLUSHALL"])
                // As if the minute had passed after which a turn counts as lost.
                try await path.deployment.sql(
                    "update whatsapp_messages set turn_at = turn_at - interval '1 minute' where status = 'queued'")
            }
            try await path.waitForStatuses(["accepted": 300, "queued": 5])
            #expect(path.nothingWasDoubled && path.simulator.summary.taken == 300)
            // What is asked for afterwards goes out as ever.
            try await path.push([path.request("after", to: 0)])
            try await path.waitForStatuses(["accepted": 301, "queued": 5])
            try await path.deployment.command.output("lane", "resume", path.tenants[1].number.phoneNumberID)
            try await path.waitForStatuses(["accepted": 306])
            #expect(path.nothingWasDoubled)
        }
    }

    @Test("a worker's pause of a lane that the settings do not know any more ends by itself; one made by hand stays")
    func forgottenPause() async throws {
        try await SendPath.run(tenants: 2) { path in
            _ = try await path.deployment.startWorker()
            let numbers = path.tenants.map(\.number.phoneNumberID)
            let note = #"{"since":1732270000000,"by":"worker","reason":"the access token has expired"}"#
            _ = try await path.deployment.redis.cli(["HSET", "wa:{outbound}:lanes:paused", numbers[0], note])
            _ = try await path.deployment.redis.cli(["HSET", "wa:{outbound}:lanes:paused", numbers[1], "by hand"])
            try await path.push([path.request("Q", to: 0), path.request("other", tenant: 1, to: 1)])
            try await path.waitForStatuses(["accepted": 1, "queued": 1], within: .seconds(30))
            #expect(try await path.column("status", of: "Q") == "accepted")
            #expect(
                try await path.deployment.redis.cli(["HKEYS", "wa:{outbound}:lanes:paused"]) == numbers[1])
        }
    }
}
