import JobQueue
import RedisClient
import TestSupport
import Testing

@testable import JobEngine
@testable import OutboundLanes

/// What turns have paid that led to no request.
@Suite("Refunds of turns", .timeLimit(.minutes(1))) struct RefundTests {
    /// The lanes' score, in milliseconds from now.
    private func wait(_ number: String, of queue: LaneFixture) async throws -> Int64 {
        let text = try await queue.redis("ZSCORE", .text(queue.keys.lanes), .text(number)).text ?? ""
        return Int64(Double(text) ?? 0) - (try await queue.now())
    }

    @Test("a turn that was given back lets the next one go at once, and no more than was paid comes back")
    func number() async throws {
        try await LaneFixture.run { queue in
            let claimer = queue.claimer(try await queue.worker())
            try await queue.lanes.set(LaneSetting(number: "100", perSecond: 1))
            try await queue.fill("100", ["a", "b", "c"])
            #expect(try await claimer.next(busy: false).ids == ["a"])
            #expect(try await wait("100", of: queue) > 0)
            try await queue.lanes.refund(["100": 1, "unheard-of": 1])
            #expect(try await wait("100", of: queue) <= 0)
            #expect(try await claimer.next(busy: false).ids == ["b"])
            #expect(try await wait("100", of: queue) > 0)
            try await queue.lanes.refund(["100": 50])
            #expect(try await claimer.next(busy: false).ids == ["c"])
            claimer.close()
        }
    }

    @Test("a hold stands, whatever is given back")
    func held() async throws {
        try await LaneFixture.run { queue in
            try await queue.fill("100", ["a"])
            try await queue.lanes.hold(number: "100", milliseconds: 60_000)
            try await queue.lanes.refund(["100": 1])
            #expect(try await wait("100", of: queue) > 50_000)
            #expect(try await queue.lanes.list().first?.heldUntil != nil)
        }
    }

    @Test("a recipient's place that nobody takes is free for the next one; a hold stands")
    func recipient() async throws {
        try await LaneFixture.run { queue in
            let turns = (0..<45).map { LaneFixture.turn("\($0)") }
            #expect(try await queue.throttle.reserve(turns).allSatisfy { $0.wait == 0 })
            try await queue.throttle.refund([turns[0]])
            let next = try await queue.throttle.reserve([LaneFixture.turn("a"), LaneFixture.turn("b")])
            #expect(next[0].wait == 0 && next[1].wait > 0)
            try await queue.throttle.hold(number: "100", recipientKey: "r", milliseconds: 60_000)
            try await queue.throttle.refund([turns[0], LaneFixture.turn("x", recipient: "unheard-of")])
            #expect(try await queue.throttle.reserve([LaneFixture.turn("c")])[0].wait > 50_000)
        }
    }

    @Test("one of those who ask has a lease, until it runs out")
    func lease() async throws {
        try await LaneFixture.run { queue in
            let answers = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 { group.addTask { try await queue.lanes.lease("test", milliseconds: 3_000) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0 } == 1)
            try await waitUntil("the lease to run out", within: .seconds(20)) {
                try await queue.lanes.lease("test", milliseconds: 3_000)
            }
        }
    }
}
