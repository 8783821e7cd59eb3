import NIOCore
import TestSupport
import Testing

@testable import RedisClient

@Suite struct ReconnectBackoffTests {
    @Test(
        "The ceiling doubles from 50 ms to one second",
        arguments: zip(1...8, [50, 100, 200, 400, 800, 1000, 1000, 1000]))
    func ceiling(_ failures: Int, _ milliseconds: Int64) {
        #expect(ReconnectBackoff.ceiling(failures: failures) == .milliseconds(milliseconds))
    }

    @Test("Any number of failures stays at the cap", arguments: [50, 64, 1000, Int.max])
    func manyFailures(_ failures: Int) {
        #expect(ReconnectBackoff.ceiling(failures: failures) == ReconnectBackoff.cap)
    }

    @Test("Delays fill the whole range below the ceiling")
    func jitter() {
        var random = SeededRandom(seed: 7)
        var backoff = ReconnectBackoff()
        for _ in 0..<10 { _ = backoff.next(using: &random) }
        let delays = (0..<1000).map { _ in backoff.next(using: &random) }
        #expect(delays.allSatisfy { $0 >= .zero && $0 <= ReconnectBackoff.cap })
        #expect(delays.contains { $0 < .milliseconds(100) })
        #expect(delays.contains { $0 > .milliseconds(900) })
    }

    @Test("A connection that lasted starts the series again; a short one does not")
    func reset() {
        var random = SeededRandom(seed: 7)
        var backoff = ReconnectBackoff()
        for _ in 0..<5 { _ = backoff.next(using: &random) }
        backoff.connectionEnded(after: .milliseconds(999))
        #expect(backoff.failures == 5)
        backoff.connectionEnded(after: .seconds(1))
        #expect(backoff.failures == 0)
    }
}
