public import Conversations
internal import JobQueue
public import Postgres
internal import QueueAdministration
public import RedisClient
public import Tenants
internal import WhatsAppPayload

/// Forgets a customer in Redis and Postgres, while workers go on.
///
/// In this order: the queues, until nobody holds anything of them; the messages; then, once all transactions that had
/// begun by then are over, what else the database holds of them; last their conversations and identities. So what a worker
/// had in hand meanwhile is met again, and a run that was cut off finds everything when it is repeated.
public struct ErasureRun: Sendable {
    /// The customer is erased as far as could be reached.
    public struct Incomplete: Error, CustomStringConvertible {
        public var description: String {
            "a worker or a long transaction still holds something of the customer: do it again in a minute"
        }
    }

    /// There is no such tenant, or no such conversation of theirs.
    public enum Unknown: Error {
        case tenant
        case conversation
    }

    private static let pause: Duration = .milliseconds(100)

    private let tenant: TenantID
    private let erasure: CustomerErasure
    private let takesUnclaimed: Bool
    private let database: any PostgresDatabase
    private let redis: any RedisCommandSender
    private let queues: [QueueKeys]

    /// - Parameters:
    ///   - takesUnclaimed: for operators: also what no tenant has, such as changes of numbers that nobody has set up.
    ///   - prefix: `QUEUE_PREFIX`.
    public init(
        tenant: TenantID, subject: CustomerErasure.Subject, takesUnclaimed: Bool, database: any PostgresDatabase,
        redis: any RedisCommandSender, prefix: String
    ) {
        self.tenant = tenant
        erasure = CustomerErasure(tenant: tenant.value, subject: subject)
        self.takesUnclaimed = takesUnclaimed
        self.database = database
        self.redis = redis
        queues = QueueName.allCases.map { QueueKeys(prefix: prefix, queue: $0) }
    }

    /// Erases, and writes to the audit log that it was done, how much, and whether all.
    ///
    /// Throws ``Unknown``, ``Incomplete`` if it could not be brought to an end within `limit`, and errors of Redis and
    /// Postgres.
    public func run(by actor: AuditActor, within limit: Duration) async throws -> ErasureOutcome {
        let deadline = ContinuousClock.now + limit
        var outcome = ErasureOutcome()
        do {
            try await erase(&outcome, deadline)
        } catch let error as Unknown {
            throw error
        } catch {
            try? await note(outcome, isComplete: false, actor)
            throw error
        }
        try await note(outcome, isComplete: true, actor)
        return outcome
    }

    private func erase(_ outcome: inout ErasureOutcome, _ deadline: ContinuousClock.Instant) async throws {
        // Messages that have yet to follow a number go to whom they belong before anybody is forgotten.
        try await NumberSweep.run(in: database)
        var person = try await transaction { [erasure] session in try erasure.person(in: session) }
        if case .conversation = erasure.subject, person.conversations.isEmpty { throw Unknown.conversation }
        while true {
            let scope = try await transaction { [tenant, takesUnclaimed] session in
                try TenantScope.load(tenant: tenant.value, takesUnclaimed: takesUnclaimed, in: session)
            }
            guard let scope else { throw Unknown.tenant }
            let redaction = CustomerRedaction(identities: person.identities, scope: scope)
            try await eraseQueues(redaction, &outcome, deadline)
            try await eraseMessages(of: person, &outcome)
            try await waitForOlderTransactions(deadline)
            try await eraseArchive(person, redaction, &outcome)
            try await eraseTraces(person, redaction, &outcome)
            let known = person.identities
            let (found, removed) = try await transaction { [erasure] session in
                var removed = ErasureOutcome()
                return (try erasure.finish(also: known, &removed, in: session), removed)
            }
            outcome.messages += removed.messages
            outcome.statuses += removed.statuses
            outcome.conversations += removed.conversations
            // They became known by another number or id meanwhile: that has to be looked for, too.
            guard !found.identities.isSubset(of: known) else { return }
            person.identities = found.identities
            person.conversations = []
            guard ContinuousClock.now < deadline else { throw Incomplete() }
        }
    }

    // MARK: - Redis

    /// Until two passes in a row met nothing.
    private func eraseQueues(
        _ redaction: CustomerRedaction, _ outcome: inout ErasureOutcome, _ deadline: ContinuousClock.Instant
    ) async throws {
        let remember: @Sendable (Set<String>) async throws -> Void = { [self] names in
            try await transaction { [tenant] session in
                try CustomerErasure.remember(names, of: tenant.value, in: session)
            }
        }
        var clean = 0
        while clean < 2 {
            var isClean = true
            for keys in queues {
                let pass = try await QueueErasure(keys: keys, redis: redis, redaction: redaction, remember: remember)
                    .run()
                outcome.jobs += pass.changed
                isClean = isClean && pass.isClean
            }
            clean = isClean ? clean + 1 : 0
            if clean < 2 {
                guard ContinuousClock.now < deadline else { throw Incomplete() }
                try await Task.sleep(for: isClean ? .milliseconds(10) : Self.pause)
            }
        }
    }

    // MARK: - Postgres

    private func eraseMessages(of person: CustomerErasure.Person, _ outcome: inout ErasureOutcome) async throws {
        while true {
            let (count, removed) = try await transaction { [erasure] session in
                var removed = ErasureOutcome()
                return (try erasure.removeMessages(of: person, &removed, in: session), removed)
            }
            outcome.messages += removed.messages
            outcome.statuses += removed.statuses
            if count == 0 { return }
        }
    }

    private func waitForOlderTransactions(_ deadline: ContinuousClock.Instant) async throws {
        let mark = try await transaction { session in try CustomerErasure.mark(in: session) }
        while try await !transaction({ session in
            try CustomerErasure.olderTransactionsAreDone(than: mark, in: session)
        }) {
            guard ContinuousClock.now < deadline else { throw Incomplete() }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func eraseArchive(
        _ person: CustomerErasure.Person, _ redaction: CustomerRedaction, _ outcome: inout ErasureOutcome
    ) async throws {
        let identities = person.identities.filter { $0.utf8.count >= 6 }.sorted()
        var position: Int64? = 0
        while let start = position {
            let (next, changed) = try await transaction { [tenant] session in
                var step = ArchiveErasure.Outcome()
                let next = try ArchiveErasure.step(
                    after: start, identities: identities, redaction, &step, in: session)
                try CustomerErasure.remember(step.names, of: tenant.value, in: session)
                return (next, step.changed)
            }
            outcome.archived += changed
            position = next
        }
    }

    private func eraseTraces(
        _ person: CustomerErasure.Person, _ redaction: CustomerRedaction, _ outcome: inout ErasureOutcome
    ) async throws {
        let traces = CustomerTraces(tenant: tenant.value, person: person, redaction: redaction)
        for place in CustomerTraces.Place.allCases {
            var position: Int64? = 0
            while let start = position {
                let before = outcome
                (position, outcome) = try await transaction { session in
                    var outcome = before
                    return (try traces.step(place, after: start, &outcome, in: session), outcome)
                }
            }
        }
    }

    private func note(_ outcome: ErasureOutcome, isComplete: Bool, _ actor: AuditActor) async throws {
        try await transaction { [tenant] session in
            try AuditLog.write(
                "customer.erase", tenant, counts: outcome.counts, isComplete: isComplete, by: actor, in: session)
        }
    }

    /// Run again where another transaction stood in the way.
    private func transaction<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        for _ in 0..<10 {
            do {
                return try await database.withTransaction(body)
            } catch let error as PostgresError where error.kind == .serialization {
                continue
            }
        }
        return try await database.withTransaction(body)
    }
}
