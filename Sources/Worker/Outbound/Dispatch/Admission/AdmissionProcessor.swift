internal import Identifiers
internal import JobEngine
internal import JobLifecycle
internal import JobQueue
internal import Logging
internal import NIOCore
internal import OutboundLanes
internal import Postgres
internal import Synchronization

/// Works on what is waiting in `ready`: turns go to the lanes of their numbers; requests that were pushed from outside
/// become rows first.
struct AdmissionProcessor: BatchProcessor {
    private static let serializationRetries = 10

    private struct Order {
        let index: Int
        let job: JobElement
        let order: SendOrder
    }

    let pool: PostgresPool
    let logger: Logger
    private let uncertain = UncertainJobs()

    init(pool: PostgresPool, logger: Logger) {
        self.pool = pool
        self.logger = logger
    }

    func process(_ jobs: [JobElement]) async throws -> [JobResult] {
        var results = [JobResult](repeating: .completed, count: jobs.count)
        var orders: [Order] = []
        for (index, job) in jobs.enumerated() {
            if let turn = Turn(job) {
                results[index] = turn.moved(from: job)
                continue
            }
            do throws(SendRefusal) {
                let pushed = try PushedRequest(type: job.header.type, payload: Array(buffer: job.payload))
                let order = SendOrder(
                    tenant: pushed.tenant, key: pushed.key, request: pushed.request,
                    origin: .redis(jobID: job.header.id))
                orders.append(Order(index: index, job: job, order: order))
            } catch {
                results[index] = Self.rejected(error)
            }
        }
        if !orders.isEmpty {
            for (index, result) in try await submit(orders[...]) { results[index] = result }
        }
        return results
    }

    /// All in one transaction; what Postgres refuses for its content is found by halving, so that no request holds back
    /// another.
    private func submit(_ orders: ArraySlice<Order>) async throws -> [(Int, JobResult)] {
        for _ in 0...Self.serializationRetries {
            do {
                let all = orders.map(\.order)
                let (submissions, known) = try await pool.withTransaction { session in
                    let submissions = try SendStore.submit(all, now: UnixClock.milliseconds(), in: session)
                    return (submissions, try Self.turns(of: submissions, in: session))
                }
                let unheard = uncertain.take(orders.map(\.job.header.id))
                return zip(orders, submissions).map { order, submission in
                    let mayBeLost = order.job.header.crashes > 0 || unheard.contains(order.job.header.id)
                    return (
                        order.index, Self.result(of: submission, known: known, mayBeLost: mayBeLost, job: order.job)
                    )
                }
            } catch let error as PostgresError {
                switch error.kind {
                case .serialization: continue
                case .data, .integrity, .usage:
                    guard orders.count > 1 else {
                        logger.error("rejected a request that cannot be stored", metadata: ["error": "\(error)"])
                        return orders.map { order in
                            let failure = JobFailure(
                                code: "unstorable", text: "The request cannot be stored: SQLSTATE \(error.sqlState).")
                            return (order.index, JobResult(.rejected, failure))
                        }
                    }
                    return try await submitHalves(of: orders)
                case .timeout where orders.count > 1: return try await submitHalves(of: orders)
                case .cancelled: throw CancellationError()
                case .outcomeUnknown:
                    uncertain.add(orders.map(\.job.header.id))
                    throw JobOutage("Postgres: \(error)")
                case .connection, .timeout, .readOnly, .resources, .other:
                    throw JobOutage("Postgres: \(error)")
                }
            }
        }
        throw JobOutage("Postgres: other transactions keep standing in the way")
    }

    private func submitHalves(of orders: ArraySlice<Order>) async throws -> [(Int, JobResult)] {
        let middle = orders.startIndex + orders.count / 2
        let first = try await submit(orders[..<middle])
        return first + (try await submit(orders[middle...]))
    }

    /// - Parameter mayBeLost: whether the row was perhaps written for this job, and its turn lost then.
    private static func result(
        of submission: Submission, known: [String: Turn], mayBeLost: Bool, job: JobElement
    ) -> JobResult {
        switch submission {
        case .new(_, let turn?): turn.moved(from: job)
        // Its time has not come: the sweep gives it a turn then.
        case .new(_, nil): .completed
        // Asked for again it has its turn already.
        case .same(let message):
            mayBeLost ? known[message.id].map { $0.moved(from: job) } ?? .completed : .completed
        case .conflict(let conflict): rejected(conflict.refusal(field: "key"))
        case .refused(let refusal): rejected(refusal)
        }
    }

    private static let queuedTurns: PostgresStatement = """
        select id, tenant_id::text, phone_number_id, recipient, type from whatsapp_messages
        where id = any($1) and status = 'queued' and due_at <= now()
        """

    /// Turns of messages that were there already and still wait.
    private static func turns(
        of submissions: [Submission], in session: PostgresSession
    ) throws(PostgresError) -> [String: Turn] {
        var ids = PostgresArray.text()
        for case .same(let message) in submissions where message.status == "queued" { ids.append(message.id) }
        guard ids.count > 0 else { return [:] }
        var turns: [String: Turn] = [:]
        for row in try session.execute(queuedTurns, [.array(ids)]) {
            let turn = Turn(
                messageID: try row.string(0), tenant: try row.string(1), number: try row.string(2),
                recipientKey: Turn.recipientKey(of: try row.string(3)), type: try row.string(4))
            turns[turn.messageID] = turn
        }
        return turns
    }

    private static func rejected(_ refusal: SendRefusal) -> JobResult {
        JobResult(.rejected, JobFailure(code: refusal.code.rawValue, text: refusal.description))
    }
}

/// Jobs whose requests were perhaps stored: nobody heard what became of the COMMIT. They stay in the hands of this process
/// until they are tried again; with a process that ends they come back as having crashed.
private final class UncertainJobs: Sendable {
    private let ids = Mutex<Set<String>>([])

    func add(_ jobs: [String]) { ids.withLock { $0.formUnion(jobs) } }

    /// - Returns: those of `jobs` that were added, and are no more.
    func take(_ jobs: [String]) -> Set<String> {
        ids.withLock { ids in
            guard !ids.isEmpty else { return [] }
            let taken = ids.intersection(jobs)
            ids.subtract(taken)
            return taken
        }
    }
}
