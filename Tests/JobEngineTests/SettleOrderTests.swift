import NIOCore
import RedisClient
import TestSupport
import Testing

@testable import JobEngine

/// The script takes neighbours out together; here it is held against taking them out one by one.
@Suite(.timeLimit(.minutes(1))) struct SettleOrderTests {
    @Test("any selection of jobs, strangers and twins among them, leaves the list as taking out one by one would")
    func selections() async throws {
        try await QueueFixture.run { queue in
            for seed in UInt64(1)...300 {
                var random = SeededRandom(seed: seed)
                // Oldest first. Few names make twins; the empty text is one of them at times.
                let names = Int.random(in: 3...200, using: &random)
                let held = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                    Self.name(Int.random(in: 0..<names, using: &random))
                }
                var settled: [String]
                if !held.isEmpty, Bool.random(using: &random) {
                    // A batch as it was claimed, wherever it stands.
                    let start = Int.random(in: held.indices, using: &random)
                    settled = Array(held[start...Int.random(in: start..<held.count, using: &random)])
                    if Bool.random(using: &random) { settled.insert("stranger", at: settled.count / 2) }
                } else {
                    settled = (0..<Int.random(in: 1...30, using: &random)).map { _ in
                        Self.name(Int.random(in: 0...names, using: &random))
                    }
                }
                var left = held
                var stale: [Int] = []
                for (position, job) in settled.enumerated() {
                    if let index = left.firstIndex(of: job) { left.remove(at: index) } else { stale.append(position) }
                }

                let me = try await queue.worker(holding: held.map { ByteBuffer(string: $0) })
                let answer = try await queue.store.settle(
                    settled.map { .init(bytes: ByteBuffer(string: $0), target: .done) }, worker: me)
                let claimed = try await queue.store.claimed(by: me).map { String(buffer: $0) }
                #expect(answer == stale, "seed \(seed)")
                #expect(claimed.sorted() == left.sorted(), "seed \(seed)")
                // Which of two twins goes is all the same; and the empty text may stand where another job stood.
                if Set(held).count == held.count, !held.contains("") {
                    #expect(claimed == left.reversed(), "seed \(seed)")
                }
            }
        }
    }

    private static func name(_ number: Int) -> String { number == 0 ? "" : "job \(number)" }
}
