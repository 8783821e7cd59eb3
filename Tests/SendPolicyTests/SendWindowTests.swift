import SendPolicy
import Testing

/// Times in milliseconds around `now`.
@Suite("The customer's 24 hours")
struct SendWindowTests {
    private static let now: Int64 = 1_800_000_000_000
    private static let day: Int64 = 86_400_000

    private func isOpen(_ lastInbound: Int64?, closed: Int64? = nil) -> Bool {
        SendWindow.isOpen(
            lastInboundAt: lastInbound.map { Self.now + $0 }, closedAt: closed.map { Self.now + $0 }, now: Self.now)
    }

    @Test("open for 24 hours after the customer's last message")
    func length() {
        #expect(isOpen(0) && isOpen(-Self.day + 1) && isOpen(60_000))
        #expect(!isOpen(nil) && !isOpen(-Self.day))
    }

    @Test("what Meta has closed only a later message opens, and none whose time lies ahead of ours")
    func closed() {
        #expect(!isOpen(-60_000, closed: -30_000) && isOpen(-30_000, closed: -60_000))
        #expect(isOpen(60_000, closed: -1_000))
        #expect(!isOpen(SendWindow.clockTolerance + 1, closed: -1_000) && !isOpen(365 * Self.day, closed: -1_000))
    }
}
