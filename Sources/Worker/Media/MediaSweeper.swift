internal import Identifiers
internal import JobQueue
internal import Logging
internal import MediaFiles
internal import Postgres
internal import RedisClient
internal import ServiceLifecycle

/// Looks once a second after files that no turn would move: rows are the truth.
struct MediaSweeper: Service {
    private static let pause: Duration = .seconds(1)
    /// Passes between looks for what is rare.
    private static let rarely = 60
    /// Turns that wait to be worked on, beyond which none is added: a file of a tenant with few waits behind no more.
    private static let longQueue: Int64 = 200
    private static let perTenant: Int64 = 20
    /// Seconds after which nobody writes a file any more that was begun.
    private static let abandoned = 3_600
    /// Milliseconds: how far back messages are looked for that nobody has noted.
    private static let adoption: Int64 = 8 * 86_400_000

    let pool: PostgresPool
    let keys: QueueKeys
    let client: any RedisCommandSender
    let storage: any MediaStorage
    let metrics: MediaMetrics
    let logger: Logger

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            var pass = 0
            while !Task.isCancelled {
                if pass % Self.rarely == 0 { await lookAround() }
                await sweep()
                try await Task.sleep(for: Self.pause * Double.random(in: 0.9...1.1))
                pass += 1
            }
        }
    }

    /// One pass. No step keeps another from being taken.
    func sweep() async {
        await step("turns") { try await giveTurns() }
        await step("removals") { try await removeFiles() }
        await step("gauges") {
            let figures = try await pool.withTransaction { session in try MediaSweeps.figures(in: session) }
            metrics.open(
                pending: figures.pending, oldestSeconds: figures.oldestSeconds, removals: figures.removals)
        }
    }

    func lookAround() async {
        await step("adoption") {
            let oldest = UInt64(max(0, UnixClock.milliseconds() - Self.adoption))
            let after = ULID(high: oldest << 16, low: 0).description
            while try await pool.withTransaction({ session in
                try MediaSweeps.adopt(after: after, in: session)
            }) > 0 {}
        }
        await step("expiry") {
            let expired = try await pool.withTransaction { session in try MediaSweeps.expire(in: session) }
            guard expired > 0 else { return }
            metrics.count(.failed, expired)
            logger.warning(
                "files were not fetched before WhatsApp forgot them", metadata: ["files": "\(expired)"])
        }
        await step("abandoned") { try await storage.removeAbandoned(olderThanSeconds: Self.abandoned) }
    }

    private func giveTurns() async throws {
        let isPaused = try await client.send(RedisCommand("EXISTS", .text(keys.paused))).integer ?? 0
        let waiting = try await client.send(RedisCommand("LLEN", .text(keys.ready))).integer ?? 0
        guard isPaused == 0, waiting < Self.longQueue else { return }
        let turns = try await pool.withTransaction { session in
            try MediaSweeps.turns(perTenant: Self.perTenant, in: session)
        }
        guard !turns.isEmpty else { return }
        var generator = ULIDGenerator()
        let now = UnixClock.milliseconds()
        let elements = turns.map { turn in
            RedisArgument.bytes(turn.element(id: generator.next(milliseconds: UInt64(max(0, now))), now: now).bytes)
        }
        do throws(RedisError) {
            _ = try await client.send(RedisCommand("LPUSH", arguments: [.text(keys.ready)] + elements))
        } catch {
            // If not even that succeeds they come two minutes later. A turn that was taken all the same is harmless.
            _ = try? await pool.withTransaction { session in try MediaSweeps.takeBack(turns, in: session) }
            throw error
        }
    }

    private func removeFiles() async throws {
        let waiting = try await pool.withTransaction { session in try MediaSweeps.removals(in: session) }
        guard !waiting.isEmpty else { return }
        for file in waiting { try await storage.remove(file.name) }
        try await pool.withTransaction { session in try MediaSweeps.removed(waiting.map(\.name), in: session) }
    }

    private func step(_ name: String, _ body: () async throws -> Void) async {
        do {
            try await body()
        } catch {
            if Task.isCancelled { return }
            logger.warning(
                "a sweep of files failed, it is tried again", metadata: ["step": "\(name)", "error": "\(error)"])
        }
    }
}
