internal import Conversations
internal import HTTPTypes
internal import Hummingbird
internal import Postgres
internal import ServiceLifecycle
internal import Synchronization
internal import Tenants

/// `GET /api/whatsapp/events`: what happened, in the order in which it was committed.
struct EventAPI: Sendable {
    /// Seconds that a request may wait for something to happen: below the limits of usual proxies.
    private static let longestWait = 25
    /// How often it is looked meanwhile: as fast as an event is seen after its commit.
    private static let pause: Duration = .milliseconds(200)

    private let access: Access
    private let waiting = Waiting()

    init(_ access: Access) { self.access = access }

    var routes: [Route] {
        [access.tenant(.get, "/api/whatsapp/events") { call, caller in try await events(call, caller) }]
    }

    private func events(_ call: Call, _ caller: TenantCaller) async throws -> Response {
        let limit = try call.limit(default: 100)
        var after: Int64 = 0
        if let text = call.query["after"] {
            guard let cursor = Int64(text), cursor >= 0 else { throw Self.noCursor }
            after = cursor
        }
        let wait = try Self.wait(call)
        let database = caller.database
        var page = try await read(database, after, limit)
        if page.events.isEmpty, page.next <= after {
            try await check(after, database)
            if wait > .zero {
                try await waitForEvents(database, after: after, within: wait)
                page = try await read(database, after, limit)
            }
        }
        return Answer.json(page.json)
    }

    private func read(_ database: ScopedDatabase, _ after: Int64, _ limit: Int) async throws -> EventPage {
        try await database.withTransaction { session in
            try EventFeed.page(tenant: database.tenant.value, after: after, limit: limit, in: session)
        }
    }

    /// A cursor beyond the last event is another tenant's, or older than a backup that was restored: who goes on from
    /// there would miss what happens until then.
    private func check(_ cursor: Int64, _ database: ScopedDatabase) async throws {
        let latest = try await database.withTransaction { session in
            try EventFeed.latest(tenant: database.tenant.value, in: session)
        }
        guard cursor <= latest else { throw Self.noCursor }
    }

    /// Returns when something happened, the time is over, there are too many who wait, or the process stops.
    private func waitForEvents(_ database: ScopedDatabase, after: Int64, within limit: Duration) async throws {
        guard waiting.enter() else { return }
        defer { waiting.leave() }
        let deadline = ContinuousClock.now + limit
        await cancelWhenGracefulShutdown {
            while ContinuousClock.now < deadline, !Task.isCancelled {
                try? await Task.sleep(for: Self.pause)
                let isNew = try? await database.withTransaction { session in
                    try EventFeed.isNew(tenant: database.tenant.value, after: after, in: session)
                }
                // What goes wrong here goes wrong again at the read that follows, and is told there.
                guard isNew == false else { return }
            }
        }
    }

    private static func wait(_ call: Call) throws(Problem) -> Duration {
        guard let text = call.query["wait"] else { return .zero }
        guard let seconds = Int(text), (0...longestWait).contains(seconds) else {
            throw .badRequest("wait: expected whole seconds from 0 to \(longestWait)")
        }
        return .seconds(seconds)
    }

    private static var noCursor: Problem {
        .badRequest("after: expected the next of an earlier answer to this tenant, or 0")
    }

    /// Counts those who wait: each asks the database some times a second.
    private final class Waiting: Sendable {
        private static let most = 100
        private let count = Mutex(0)

        func enter() -> Bool {
            count.withLock { count in
                guard count < Self.most else { return false }
                count += 1
                return true
            }
        }

        func leave() { count.withLock { $0 -= 1 } }
    }
}
