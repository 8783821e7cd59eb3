internal import Synchronization

/// One ``PrometheusRegistry/onScrape(_:)`` body. Scrapes that overlap share one run of it, so that a body that hangs is
/// never started a second time.
final class ScrapeCollector: Sendable {
    private let body: @Sendable (inout ScrapeSamples) async -> Void
    private let running = Mutex<Task<ScrapeSamples, Never>?>(nil)

    init(_ body: @escaping @Sendable (inout ScrapeSamples) async -> Void) {
        self.body = body
    }

    /// The body's samples, or nil where it took longer than the limit; then it goes on alone.
    func samples(within limit: Duration) async -> ScrapeSamples? {
        let run = join()
        return await withDeadline(limit) { await run.value }
    }

    private func join() -> Task<ScrapeSamples, Never> {
        running.withLock { running in
            if let running { return running }
            // Unstructured, because it belongs to all scrapes that wait for it, and may outlive each of them.
            let task = Task {
                var samples = ScrapeSamples()
                await self.body(&samples)
                self.running.withLock { $0 = nil }
                return samples
            }
            running = task
            return task
        }
    }
}
