internal import Identifiers
internal import JobEngine
internal import JobLifecycle
internal import JobQueue
internal import Logging
internal import NIOCore
internal import OutboundLanes
internal import Postgres

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
                return zip(orders, submissions).map { order, submission in
                    (order.index, Self.result(of: submission, known: known, job: order.job))
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
                case .connection, .timeout, .outcomeUnknown, .readOnly, .resources, .other:
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

    private static func result(of submission: Submission, known: [String: Turn], job: JobElement) -> JobResult {
        switch submission {
        case .new(_, let turn?): turn.moved(from: job)
        // Its time has not come: the sweep gives it a turn then.
        case .new(_, nil): .completed
        // Asked for again it has its turn already; but a turn was perhaps lost with the worker that wrote the row.
        case .same(let message):
            job.header.crashes == 0 ? .completed : known[message.id].map { $0.moved(from: job) } ?? .completed
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
