internal import Console
internal import Glibc
internal import GraphClient
internal import JobEngine
internal import JobLifecycle
internal import Media
internal import MediaFiles
internal import OperationsKit
internal import Outbound
internal import Postgres
internal import RedisClient
internal import Tenants

/// What `worker run` reads from the environment.
struct WorkerConfiguration: Sendable {
    /// The parts that this process runs.
    var roles: Set<WorkerRole>
    var redis: RedisConfiguration
    var queuePrefix: String
    var database: PostgresConfiguration
    var encryptionKeys: EncryptionKeyRing
    var opsHost: String
    /// Nil for no listener.
    var opsPort: Int?
    /// Batches in work at once.
    var inboundConsumers: Int
    /// Most jobs in one batch.
    var inboundBatch: Int
    /// How long messages are kept where a tenant has no number of its own; nil for ever.
    var retentionDays: Int32?
    var outbound: OutboundSettings
    var graph: GraphConfiguration
    var media: MediaSettings
    var mediaHosts: MediaHosts
    var console: ConsoleConfiguration

    init(_ settings: Settings, roles: Set<WorkerRole> = Set(WorkerRole.allCases)) throws(SettingError) {
        self.roles = roles
        var redis = try Self.redis(settings)
        // CLIENT LIST then tells whose each connection is.
        if redis.clientName == nil { redis.clientName = "quoteline-worker-\(getpid())" }
        self.redis = redis
        queuePrefix = try settings.queuePrefix()
        database = try Self.database(settings)
        encryptionKeys = try EncryptionKeyRing(settings)
        opsHost = try settings.text("OPS_HOST", default: "127.0.0.1")
        opsPort = try settings.port("WORKER_OPS_PORT", default: 9_102)
        inboundConsumers = try settings.integer("INBOUND_CONSUMERS", default: 4, in: 1...32)
        inboundBatch = try settings.integer("INBOUND_BATCH", default: 400, in: 1...5_000)
        // Meta repeats what it could not deliver for seven days: what is removed earlier would come back.
        retentionDays =
            try settings.optionalText("RETENTION_DAYS") == nil
            ? nil : Int32(try settings.integer("RETENTION_DAYS", default: 8, in: 8...36_500))
        outbound = try OutboundSettings(settings)
        outbound.drain = .seconds(Self.stopSeconds - 5)
        graph = try GraphConfiguration(settings, connections: outbound.concurrency)
        media = try MediaSettings(settings)
        mediaHosts = try MediaHosts(settings, graph: graph)
        console = try ConsoleConfiguration(settings)
    }

    func runs(_ role: WorkerRole) -> Bool { roles.contains(role) }

    /// A connection for each batch in work and for the sweeps of each part that runs, inbound two: retention goes on for
    /// long, and positions of the feed do not wait for it. One for readiness.
    var postgresConnections: Int {
        var connections = 1
        if runs(.inbound) { connections += inboundConsumers + 2 + MediaServices.postgresConnections }
        if runs(.outbound) { connections += OutboundSettings.postgresConnections }
        return connections
    }

    static func redis(_ settings: Settings) throws(SettingError) -> RedisConfiguration {
        let url = try settings.redisURL()
        do throws(RedisURLError) {
            return try RedisConfiguration(url: url.reveal())
        } catch {
            throw SettingError(
                variable: "REDIS_URL", problem: "\(error)", expected: Settings.redisURLForm)
        }
    }

    /// `DATABASE_URL`, or the file that `DATABASE_URL_FILE` names: the URI may hold a password.
    static func database(_ settings: Settings) throws(SettingError) -> PostgresConfiguration {
        let url = try settings.requiredSecret("DATABASE_URL", expected: PostgresURLError.expected)
        do throws(PostgresURLError) {
            return try PostgresConfiguration(url: url.reveal())
        } catch {
            throw SettingError(
                variable: "DATABASE_URL", problem: error.problem, expected: PostgresURLError.expected)
        }
    }

    /// How long a stop may take in all. The drain is shorter, so that what is left can still be handed back.
    static let stopSeconds = 25

    /// Inbound webhooks have no age and no attempt limit that an outage could use up: only a job's own failure counts.
    var inbound: ConsumerConfiguration {
        var consumer = ConsumerConfiguration(
            consumers: inboundConsumers, batch: inboundBatch,
            lifecycle: JobLifecycle(
                policy: RetryPolicy(base: 1_000, cap: 300_000, maximumAttempts: 10, maximumAge: nil)))
        consumer.drain = .seconds(Self.stopSeconds - 5)
        return consumer
    }
}
