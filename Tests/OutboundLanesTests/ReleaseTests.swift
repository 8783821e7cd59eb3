import JobQueue
import RedisClient
import TestSupport
import Testing

@testable import JobEngine
@testable import OutboundLanes

/// What an operator lets go although Meta asked for a hold.
@Suite("Release of numbers", .timeLimit(.minutes(1))) struct ReleaseTests {
    @Test(
        "a number that Meta holds goes on at once when a person lets it go, and wakes who waits; a new token does not")
    func hold() async throws {
        try await LaneFixture.run { queue in
            let me = queue.claimer(try await queue.worker())
            try await queue.fill("1", ["a", "b"])
            try await queue.lanes.pause(number: "1", reason: "a drill")
            try await queue.lanes.hold(number: "1", milliseconds: 86_400_000)
            let held = try #require(try await queue.lanes.list().first?.heldUntil)
            // As a new access token does: the pause ends, and what Meta asked for stays.
            #expect(try await queue.lanes.resume(number: "1")?.reason == "a drill")
            #expect(try await me.next(busy: false).ids == [])
            #expect(try await queue.lanes.list().first?.heldUntil == held)

            // It would wait for half a minute. A claim that finds nothing takes an old token away before it waits.
            let patient = queue.claimer(try await queue.worker(), blocking: .seconds(30))
            try await queue.redis("DEL", .text(queue.keys.wake))
            try await queue.redis("LPUSH", .text(queue.keys.wake), "old")
            async let woken = patient.next(busy: false)
            try await waitUntil("it has found nothing") { try await queue.length(queue.keys.wake) == 0 }
            let since = ContinuousClock.now
            #expect(try await queue.lanes.release(number: "1") == LaneRelease(pause: nil, heldUntil: held))
            #expect(try await woken.ids == [])
            #expect(since.duration(to: .now) < .seconds(15))
            #expect(try await patient.next(busy: false).ids == ["a", "b"])
            #expect(try await queue.lanes.release(number: "1") == LaneRelease(pause: nil, heldUntil: nil))
            for claimer in [me, patient] { claimer.close() }
        }
    }

    @Test(
        "whoever lets a number go ends its pause and its hold; refusals of sends that began before hold nothing again")
    func pauseAndHoldEnded() async throws {
        try await LaneFixture.run { queue in
            let throttle = queue.keys.rateOfNumberPrefix + "1"
            try await queue.lanes.hold(number: "1", milliseconds: 60_000)
            let first = try await queue.lanes.release(number: "1")
            #expect(first.pause == nil && first.heldUntil != nil, "a number without a lane is let go as well")
            #expect(try await queue.length(queue.keys.wake) == 0, "nothing waits that could go")
            #expect(try await queue.lanes.hold(number: "1", sentAgo: 30_000) == 0)

            // One that began afterwards does, and twice as long each time, as if nobody had let it go.
            for expected: ClosedRange<Int64> in [800...1_200, 1_600...2_400] {
                let held = try await queue.lanes.hold(number: "1")
                #expect(expected.contains(held), "\(held)")
                if held < 1_600 { try await queue.lanes.release(number: "1") }
            }

            try await queue.fill("1", ["a"])
            let pause = try await queue.lanes.pause(number: "1", reason: "a drill").pause
            try await queue.lanes.hold(number: "1", milliseconds: 60_000)
            let both = try await queue.lanes.release(number: "1")
            #expect(both.pause == pause && both.heldUntil != nil && both.isChange)
            let me = queue.claimer(try await queue.worker())
            #expect(try await me.next(busy: false).ids == ["a"])
            me.close()

            // What is no throttle keeps a pause from ending as little as a claim from the other lanes.
            try await queue.redis("DEL", .text(throttle))
            try await queue.redis("LPUSH", .text(throttle), "foreign")
            try await queue.lanes.pause(number: "1", reason: "again")
            #expect(try await queue.lanes.release(number: "1").pause?.reason == "again")
        }
    }
}
