import JobQueue
import NIOCore
import RedisClient
import TestSupport
import Testing

@testable import JobEngine
@testable import OutboundLanes

/// Redis' clock was an hour ahead when something was written, and has been put right since.
@Suite("Lanes after a clock was set back", .timeLimit(.minutes(1))) struct ClockTests {
    private static let hour: Int64 = 3_600_000

    private func throttle(_ number: String, of queue: LaneFixture) async throws -> String {
        try await queue.redis("GET", .text(queue.keys.rateOfNumberPrefix + number)).text ?? ""
    }

    private func score(_ number: String, of queue: LaneFixture) async throws -> Int64 {
        let text = try await queue.redis("ZSCORE", .text(queue.keys.lanes), .text(number)).text ?? ""
        return Int64(Double(text) ?? -1)
    }

    @Test("a lane and a bucket that are full for an hour go on at once, at their number's rate")
    func bucket() async throws {
        try await LaneFixture.run { queue in
            let claimer = queue.claimer(try await queue.worker())
            try await queue.fill("100", (0..<20).map(String.init))
            let ahead = try await queue.now() + Self.hour
            try await queue.redis(
                "SET", .text(queue.keys.rateOfNumberPrefix + "100"), .text("\(ahead).000:0:0"), "PX", "7200000")
            try await queue.redis("ZADD", .text(queue.keys.lanes), .integer(ahead), "100")
            #expect(try await queue.lanes.mend() == 1)
            #expect(try await queue.lanes.mend() == 0)
            var taken: [String] = []
            try await waitUntil("some go", within: .seconds(30)) {
                let some = try await claimer.next(busy: false).ids
                #expect(some.count <= 4)
                taken += some
                return taken.count >= 5
            }
            #expect(taken == (0..<taken.count).map(String.init))
            claimer.close()
        }
    }

    @Test("what was held for longer than Meta may ask goes on; a hold, a pause and what is due soon stay")
    func holds() async throws {
        try await LaneFixture.run { queue in
            for number in ["held", "bogus", "paused", "soon"] { try await queue.fill(number, ["a"]) }
            try await queue.lanes.hold(number: "held", milliseconds: Self.hour)
            try await queue.lanes.pause(number: "paused", reason: "test")
            let now = try await queue.now()
            try await queue.redis("ZADD", .text(queue.keys.lanes), .integer(now + 3_000), "soon")
            let bogus = now + 48 * Self.hour
            try await queue.redis("SET", .text(queue.keys.rateOfNumberPrefix + "bogus"), .text("0.000:\(bogus):3"))
            try await queue.redis("ZADD", .text(queue.keys.lanes), .integer(bogus), "bogus")
            #expect(try await queue.lanes.mend() == 1)
            let bogusNow = try await score("bogus", of: queue)
            #expect(bogusNow >= now && bogusNow < now + 10_000)
            #expect(try await score("held", of: queue) > now + Self.hour - 10_000)
            #expect(try await score("paused", of: queue) > now)
            #expect(try await score("soon", of: queue) == now + 3_000)
            #expect(try await throttle("bogus", of: queue).hasSuffix(":3"))
        }
    }

    @Test("a lease of a sweep that was taken then keeps nobody from sweeping now")
    func lease() async throws {
        try await LaneFixture.run { queue in
            try await queue.redis("SET", .text(queue.keys.lock("test")), "1", "PX", .integer(Self.hour))
            #expect(try await queue.lanes.lease("test", milliseconds: 60_000))
            #expect(!(try await queue.lanes.lease("test", milliseconds: 60_000)))
        }
    }

    @Test("a WABA's limit holds that WABA's numbers, and none whose rate looks like its name")
    func account() async throws {
        try await LaneFixture.run { queue in
            try await queue.lanes.set(LaneSetting(number: "own", perSecond: 80, waba: "80"))
            try await queue.lanes.set(LaneSetting(number: "without", perSecond: 80))
            try await queue.lanes.set(LaneSetting(number: "other", perSecond: 80, waba: "81"))
            for number in ["own", "without", "other"] { try await queue.fill(number, ["a"]) }
            try await queue.lanes.holdApp(waba: "80", number: "refused", milliseconds: Self.hour)
            let held = try await queue.lanes.list().filter { $0.heldUntil != nil }.map(\.number)
            #expect(held == ["own"])
        }
    }

    @Test("nobody is held for longer than a day, whatever was asked for")
    func longest() async throws {
        try await LaneFixture.run { queue in
            #expect(try await queue.lanes.hold(number: "1", milliseconds: .max / 2) == 86_400_000)
            try await queue.lanes.holdApp(waba: "w", number: "2", milliseconds: 1_000 * Self.hour)
            try await queue.fill("2", ["a"])
            let report = try #require(try await queue.lanes.list().first { $0.number == "2" })
            let now = try await queue.now()
            #expect(report.heldUntil.map { $0 - now <= 86_400_000 } == true)
        }
    }
}
