internal import GraphClient
internal import Identifiers
internal import JobEngine
internal import JobLifecycle
internal import JobQueue
internal import Logging
internal import MediaFiles
internal import Outbound
internal import Postgres
internal import Tenants

/// Works on the turns of files, one at a time: each leads to at most one attempt.
struct MediaProcessor: BatchProcessor {
    /// Attempts of which nothing was heard again, after which it is the file's fault.
    private static let lostLimit = 3

    let pool: PostgresPool
    let attempt: MediaAttempt
    let sealer: TokenSealer
    let pauses: NumberPauses
    let retry: RetryPolicy
    let metrics: MediaMetrics
    let logger: Logger

    func process(_ jobs: [JobElement]) async throws -> [JobResult] {
        var results: [JobResult] = []
        for job in jobs { results.append(try await process(job)) }
        return results
    }

    private func process(_ job: JobElement) async throws -> JobResult {
        guard let turn = MediaTurn(job) else {
            return JobResult(
                .rejected,
                JobFailure(code: "unknown-type", text: "The media queue takes jobs of type media only."))
        }
        let (name, id) = (turn.name, job.header.id)
        guard let order = try await database({ session in try MediaTable.begin(name, job: id, in: session) }) else {
            return .completed
        }
        let began = ContinuousClock.now
        let outcome = try await outcome(of: order)
        metrics.took(began.duration(to: .now))
        return try await settle(outcome, of: order, job: job)
    }

    private func outcome(of order: MediaOrder) async throws -> MediaOutcome? {
        if order.isExpired { return .failed(.expired) }
        if order.lost >= Self.lostLimit { return .failed(.crashed) }
        guard let config = order.config, !config.isPaused else { return nil }
        guard let token = token(of: config, tenant: order.name.tenant) else { return .pause(Self.locked) }
        return try await attempt.run(order, token: token)
    }

    private static let locked =
        "The saved access token cannot be opened with the configured encryption keys. "
        + "Have the operator check WHATSAPP_ENCRYPTION_KEY, or save the token again."

    private func token(of config: MediaConfig, tenant: Int64) -> String? {
        guard let number = PhoneNumberID(config.number) else { return nil }
        return try? sealer.open(config.sealedToken, tenantID: TenantID(tenant), phoneNumberID: number).reveal()
    }

    // MARK: - Settling

    /// Nil: it has to wait until its number goes on.
    private func settle(_ outcome: MediaOutcome?, of order: MediaOrder, job: JobElement) async throws -> JobResult {
        let (name, id) = (order.name, job.header.id)
        switch outcome {
        case .stored(let receipt):
            if try await database({ session in try MediaTable.store(name, job: id, receipt, in: session) }) {
                metrics.stored(bytes: receipt.size)
            } else {
                // Its message was erased meanwhile. Should this fail, the list of removals has it as well.
                try? await attempt.storage.remove(name)
            }
            return .completed
        case .again(let reason, let wait, let limit):
            let made = order.attempts + 1
            if made >= min(limit ?? .max, retry.maximumAttempts ?? .max) {
                return try await fail(reason, attempts: 1, of: order, job: job)
            }
            var random = SystemRandomNumberGenerator()
            let pause = max(wait ?? 0, retry.delay(failures: order.attempts, using: &random))
            return try await postpone(reason, by: pause, attempts: 1, of: order, job: job)
        case .later(let reason, let wait):
            return try await postpone(reason, by: wait, attempts: 0, of: order, job: job)
        case .failed(let reason):
            return try await fail(reason, attempts: 1, of: order, job: job)
        case .pause(let words):
            if let config = order.config {
                do {
                    try await pauses.pause(
                        tenant: name.tenant, number: config.number, version: config.version, reason: words)
                } catch {
                    logger.warning("a number could not be paused", metadata: ["error": "\(error)"])
                    return try await postpone(.paused, by: 5_000, attempts: 0, of: order, job: job)
                }
            }
            return try await wait(of: order, job: job)
        case nil:
            return try await wait(of: order, job: job)
        }
    }

    private func wait(of order: MediaOrder, job: JobElement) async throws -> JobResult {
        let (name, id) = (order.name, job.header.id)
        let reason = order.config == nil ? MediaReason.noNumber : .paused
        try await database { session in try MediaTable.wait(name, job: id, reason, in: session) }
        metrics.count(.waiting)
        return .completed
    }

    private func postpone(
        _ reason: MediaReason, by milliseconds: Int64, attempts: Int32, of order: MediaOrder, job: JobElement
    ) async throws -> JobResult {
        let (name, id) = (order.name, job.header.id)
        try await database { session in
            try MediaTable.postpone(
                name, job: id, milliseconds: milliseconds, attempts: attempts, reason, in: session)
        }
        metrics.count(attempts > 0 ? .retried : .deferred)
        logger.info(
            "a file is fetched again later",
            metadata: [
                "tenant": "\(name.tenant)", "message": "\(name.message)", "reason": "\(reason.code.rawValue)",
                "in_ms": "\(milliseconds)",
            ])
        return .deferred(
            milliseconds: milliseconds,
            as: job.replacingHeader { $0.error = JobFailure(code: reason.code.rawValue, text: reason.text) })
    }

    private func fail(
        _ reason: MediaReason, attempts: Int32, of order: MediaOrder, job: JobElement
    ) async throws -> JobResult {
        let (name, id) = (order.name, job.header.id)
        try await database { session in
            try MediaTable.fail(name, job: id, attempts: attempts, reason, in: session)
        }
        metrics.count(.failed)
        logger.warning(
            "a file was given up",
            metadata: [
                "tenant": "\(name.tenant)", "message": "\(name.message)", "reason": "\(reason.code.rawValue)",
            ])
        return JobResult(.rejected, JobFailure(code: reason.code.rawValue, text: reason.text))
    }

    /// While Postgres is away the job stays in hand, at no cost.
    private func database<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        do {
            return try await pool.withTransaction(body)
        } catch let error as PostgresError {
            switch error.kind {
            case .cancelled: throw CancellationError()
            case .data, .integrity, .usage: throw error
            case .connection, .timeout, .outcomeUnknown, .readOnly, .resources, .serialization, .other:
                throw JobOutage("Postgres: \(error)")
            }
        }
    }
}
