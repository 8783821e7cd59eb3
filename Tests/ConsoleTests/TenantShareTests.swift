import Synchronization
import Tenants
import TestSupport
import Testing

@testable import Console

@Suite("A tenant's share of the console's connections")
struct TenantShareTests {
    private final class Hold: Sendable {
        private let state = Mutex((running: 0, isOpen: false))

        var running: Int { state.withLock { $0.running } }

        func open() { state.withLock { $0.isOpen = true } }

        func run() async throws {
            state.withLock { $0.running += 1 }
            try await waitUntil("the hold to open") { state.withLock { $0.isOpen } }
            state.withLock { $0.running -= 1 }
        }
    }

    @Test("is two at once; others wait for their turn, other tenants do not")
    func share() async throws {
        let (shares, first, other) = (TenantShares(), Hold(), Hold())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<6 {
                group.addTask { try await shares.use(TenantID(1)) { try await first.run() } }
            }
            try await waitUntil("the first tenant's share to be used") { first.running == 2 }
            group.addTask { try await shares.use(TenantID(2)) { try await other.run() } }
            try await waitUntil("the other tenant to run") { other.running == 1 }
            #expect(first.running == 2)
            first.open()
            other.open()
            try await group.waitForAll()
        }
        #expect(first.running == 0)
    }

    @Test("has a queue that ends: whoever comes later is told to come again")
    func full() async throws {
        let (shares, hold) = (TenantShares(), Hold())
        try await withThrowingTaskGroup(of: String.self) { group in
            let all = TenantShares.connections + TenantShares.waiting
            for _ in 0..<all + 5 {
                group.addTask {
                    do {
                        try await shares.use(TenantID(1)) { try await hold.run() }
                        return "done"
                    } catch let problem as Problem {
                        return problem.code
                    }
                }
            }
            for _ in 0..<5 { #expect(try await group.next() == "too_many_requests") }
            hold.open()
            for try await status in group { #expect(status == "done") }
        }
    }
}
