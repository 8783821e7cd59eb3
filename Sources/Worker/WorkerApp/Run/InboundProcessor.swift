internal import Conversations
internal import Identifiers
internal import JobEngine
internal import JobLifecycle
internal import JobQueue
internal import Logging
internal import NIOCore
internal import OperationsKit
internal import Postgres
internal import WhatsAppPayload

/// Stores the webhooks of a batch in one transaction.
struct InboundProcessor: BatchProcessor {
    /// How often a transaction that another one stood in the way of is run again at once.
    private static let serializationRetries = 10
    /// Most items in one transaction. A batch is bounded in bytes, but 8 MiB can hold a million of the smallest items: in
    /// one transaction they would outlast the limits on a statement and on an idle transaction, again on every try.
    private static let transactionItems = 5_000

    let pool: PostgresPool
    let metrics: InboundMetrics
    let logger: Logger
    private let store = WebhookStore()

    init(pool: PostgresPool, metrics: InboundMetrics, logger: Logger) {
        self.pool = pool
        self.metrics = metrics
        self.logger = logger
    }

    func process(_ jobs: [JobElement]) async throws -> [JobResult] {
        var results = [JobResult](repeating: .completed, count: jobs.count)
        var items: [IncomingItem] = []
        items.reserveCapacity(jobs.count)
        var parser = WebhookParser()
        for (index, job) in jobs.enumerated() {
            guard job.header.type == "webhook" else {
                results[index] = JobResult(
                    .rejected,
                    JobFailure(code: "unknown-type", text: "The inbound queue takes jobs of type webhook only."))
                continue
            }
            do throws(WebhookRejection) {
                let contents = try job.payload.withUnsafeReadableBytes { bytes throws(WebhookRejection) in
                    try parser.parse(bytes)
                }
                items += IncomingItem.all(of: contents, receivedAt: job.header.receivedAt)
            } catch {
                results[index] = JobResult(.rejected, JobFailure(code: error.code, text: error.description))
            }
        }
        var rest = items[...]
        while !rest.isEmpty {
            // What is stored already stays: running the batch again changes nothing in it.
            try await store(rest.prefix(Self.transactionItems))
            rest = rest.dropFirst(Self.transactionItems)
        }
        let now = UnixClock.milliseconds()
        for (job, result) in zip(jobs, results) where result.outcome == .completed {
            metrics.stored(webhookAcceptedAt: job.header.receivedAt, now: now)
        }
        return results
    }

    /// Stores all of them. What Postgres refuses for its content is found by halving, so that no item holds back
    /// another, and kept raw.
    private func store(_ items: ArraySlice<IncomingItem>) async throws {
        guard !items.isEmpty else { return }
        for _ in 0...Self.serializationRetries {
            do {
                let stored = try await pool.withTransaction { [store] session in
                    return try store.store(Array(items), now: UnixClock.milliseconds(), in: session)
                }
                metrics.stored(stored)
                return
            } catch let error as PostgresError {
                switch error.kind {
                case .serialization: continue
                case .data, .integrity, .usage: return try await isolate(items, refusedWith: error)
                // Perhaps there is simply too much of it for one statement's time.
                case .timeout where items.count > 1: return try await storeHalves(of: items)
                case .cancelled: throw CancellationError()
                case .connection, .timeout, .outcomeUnknown, .readOnly, .resources, .other:
                    throw JobOutage("Postgres: \(error)")
                }
            }
        }
        throw JobOutage("Postgres: other transactions keep standing in the way")
    }

    private func isolate(_ items: ArraySlice<IncomingItem>, refusedWith error: PostgresError) async throws {
        guard items.count > 1 else { return try await keepRaw(items, refusedWith: error) }
        try await storeHalves(of: items)
    }

    private func storeHalves(of items: ArraySlice<IncomingItem>) async throws {
        let middle = items.startIndex + items.count / 2
        try await store(items[..<middle])
        try await store(items[middle...])
    }

    /// An item that cannot be stored as what it is stays with its exact bytes, and somebody is told.
    private func keepRaw(_ items: ArraySlice<IncomingItem>, refusedWith refusal: PostgresError) async throws {
        for item in items {
            logger.error("kept an item raw that could not be stored", metadata: ["error": "\(refusal)"])
            do {
                try await pool.withTransaction { [store] session in try store.keepRaw(item, in: session) }
            } catch let error as PostgresError {
                switch error.kind {
                // Nothing will make Postgres take it: the job has failed, and holding it would hold its batch for ever.
                case .data, .integrity, .usage: throw error
                case .cancelled: throw CancellationError()
                case .connection, .timeout, .outcomeUnknown, .readOnly, .resources, .serialization, .other:
                    throw JobOutage("Postgres: \(error)")
                }
            }
            metrics.keptRaw()
        }
    }
}
