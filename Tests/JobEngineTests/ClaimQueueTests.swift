import RedisClient
import Testing

@testable import JobEngine

@Suite struct ClaimQueueTests {
    private func jobs(_ crashes: Int...) -> [ClaimedJob] {
        crashes.enumerated().map { ClaimedJob(QueueFixture.element("\($0.offset)", crashes: $0.element)) }
    }

    @Test("jobs begin in batches, oldest first, suspects last and by themselves")
    func batches() {
        var queue = ClaimQueue(limit: 10)
        queue.add(jobs(0, 1, 0, 0, 2), size: 2)
        #expect(queue.begin()?.map(\.key) == [.id("0"), .id("2")])
        #expect(queue.begin()?.map(\.key) == [.id("3")])
        #expect(queue.begin() == nil)
        queue.finished()
        queue.finished()
        #expect(queue.begin()?.map(\.key) == [.id("1")])
        #expect(queue.begin() == nil)
        #expect(!queue.hasRoom)
        queue.finished()
        #expect(queue.begin()?.map(\.key) == [.id("4")])
        queue.finished()
        #expect(queue.hasRoom)
    }

    @Test("no more batches run than the limit allows")
    func limit() {
        var queue = ClaimQueue(limit: 2)
        queue.add(jobs(0, 0, 0), size: 1)
        #expect(queue.begin() != nil)
        #expect(queue.begin() != nil)
        #expect(queue.begin() == nil)
        #expect(!queue.hasRoom)
    }

    @Test("what is in hand is not taken again until it is dropped")
    func inHand() {
        let hand = JobsInHand()
        let (first, again) = (jobs(0, 0), jobs(1))
        #expect(hand.take(first).count == 2)
        #expect(hand.take(again).isEmpty)
        hand.drop(first.map(\.key))
        #expect(hand.take(again).count == 1)
        #expect(hand.count == 1)
    }
}
