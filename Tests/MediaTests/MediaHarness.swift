import Conversations
import GraphClient
import GraphSimulator
import Identifiers
import JobEngine
import JobLifecycle
import JobQueue
import Logging
import MediaFiles
import NIOCore
import NIOPosix
import OperationsKit
import Outbound
import OutboundLanes
import Postgres
import RedisClient
import Schema
import Tenants
import TestSupport
import WhatsAppPayload

@testable import Media

/// Real Postgres and Redis, a folder, a simulated Graph API, and the processor of files without its queue: each turn is
/// given by the test.
struct MediaHarness {
    static let token = "EAAsecret-token-of-the-photographer"
    static let number = BusinessNumber(phoneNumberID: "100", wabaID: "waba-1", accessToken: token)
    static let customer = Customer(name: "Ana", waID: "16505551234")
    private static let encryption = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    let server: PostgresServer
    let url: String
    let pool: PostgresPool
    let simulator: GraphSimulator
    /// Another host than Meta's; nothing may ever come there.
    let foreign: GraphSimulator
    let folder: TemporaryFolder
    let storage: MediaFolder
    let processor: MediaProcessor
    let sweeper: MediaSweeper
    let redis: RedisClient
    let keys: QueueKeys

    /// - Parameters:
    ///   - attempts: after which a file is given up.
    ///   - deadline: for one download.
    static func run(
        attempts: Int = 16, deadline: Duration = .seconds(10), _ body: (MediaHarness) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await PostgresServer.shared()
        let url = try await server.createDatabase()
        let configuration = try PostgresConfiguration(url: url)
        _ = try await MigrationRunner(migrations: Schema.migrations).migrate(configuration, logger: logger)
        let redisServer = try await RedisServer.shared()
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: redisServer.url),
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        let simulator = try await GraphSimulator.start(numbers: [number])
        let foreign = try await GraphSimulator.start(numbers: [number])
        let graphConfiguration = try GraphConfiguration(baseURL: simulator.url)
        let graph = GraphClient(graphConfiguration)
        let fetcher = MediaFetcher(hosts: MediaHosts(graph: graphConfiguration), connections: 4)
        let folder = try TemporaryFolder("media")
        let storage = MediaFolder(path: folder.file("files"))
        let sealer = TokenSealer(ring: try EncryptionKeyRing(parsing: encryption))
        let prefix = "t\(UInt32.random(in: .min ... .max))"
        let keys = QueueKeys(prefix: prefix, queue: .media)
        let pool = PostgresPool(configuration: configuration, size: 4, logger: logger)
        let metrics = MediaMetrics(registry: PrometheusRegistry())
        let lanes = OutboundLanes(keys: QueueKeys(prefix: prefix, queue: .outbound), client: redis)
        let harness = MediaHarness(
            server: server, url: url, pool: pool, simulator: simulator, foreign: foreign, folder: folder,
            storage: storage,
            processor: MediaProcessor(
                pool: pool,
                attempt: MediaAttempt(graph: graph, fetcher: fetcher, storage: storage, deadline: deadline),
                sealer: sealer, pauses: NumberPauses(pool: pool, lanes: lanes, logger: logger),
                retry: RetryPolicy(base: 1_000, cap: 60_000, maximumAttempts: attempts, maximumAge: nil),
                metrics: metrics, logger: logger),
            sweeper: MediaSweeper(
                pool: pool, keys: keys, client: redis, storage: storage, metrics: metrics, logger: logger),
            redis: redis, keys: keys)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await pool.run() }
            group.addTask { try await redis.run() }
            defer { group.cancelAll() }
            try await waitUntil("Redis to be connected") { redis.isConnected }
            try await harness.createTenant(sealer)
            try await body(harness)
        }
        await graph.shutdown()
        await fetcher.shutdown()
        await simulator.stop()
        await foreign.stop()
    }

    private func createTenant(_ sealer: TokenSealer) async throws {
        guard let name = TenantName("Acme"), let number = PhoneNumberID("100"), let token = AccessToken(Self.token)
        else { throw TestSupportError("no tenant") }
        let tenant = NewTenant(name: name, phoneNumberID: number, wabaID: nil, accessToken: token)
        _ = try await pool.withTransaction { session in
            try TenantStore.create(
                tenant, sealer: sealer, by: AuditActor(name: "operator", origin: "tests"), in: session)
        }
    }

    func sql(_ text: String) async throws -> String { try await server.sql(text, on: url) }

    /// A customer's file: kept by the simulator, and its message stored as the Worker does.
    /// - Returns: the message's id.
    func receive(_ file: SimulatedFile, announced: SimulatedFile? = nil) async throws -> String {
        simulator.keep(file)
        let webhook = Webhook(
            .file(announced ?? file, caption: "The old one"), from: Self.customer, to: Self.number,
            timestamp: Int(UnixClock.milliseconds() / 1_000))
        try await store(webhook)
        return try await sql("select id from whatsapp_messages where wamid = '\(webhook.wamid)'")
    }

    func store(_ webhook: Webhook) async throws {
        var parser = WebhookParser()
        let items = IncomingItem.all(of: try parser.parse(webhook.body), receivedAt: UnixClock.milliseconds())
        try await pool.withTransaction { session in
            _ = try WebhookStore().store(items, now: UnixClock.milliseconds(), in: session)
        }
    }

    /// A turn of a message's file, as a job.
    func turn(_ message: String, job: String = "") throws -> JobElement {
        var generator = ULIDGenerator()
        guard let name = MediaName(tenant: 1, message: message) else { throw TestSupportError("no name") }
        let now = UnixClock.milliseconds()
        let element = MediaTurn(name: name).element(id: generator.next(milliseconds: UInt64(now)), now: now)
        return job.isEmpty ? element : element.replacingHeader { $0.id = job }
    }

    /// Works on a turn of a message's file.
    @discardableResult
    func work(_ message: String, job: String = "") async throws -> JobOutcome {
        let results = try await processor.process([try turn(message, job: job)])
        guard let result = results.first else { throw TestSupportError("no result") }
        return result.outcome
    }

    /// `state|reason_code|attempts` of a message's file.
    func row(_ message: String) async throws -> String {
        try await sql(
            "select state || '|' || coalesce(reason_code, '') || '|' || attempts from whatsapp_media "
                + "where message_id = '\(message)'")
    }

    /// What is kept of a message's file.
    func stored(_ message: String, tenant: Int64 = 1) async throws -> [UInt8]? {
        guard let name = MediaName(tenant: tenant, message: message), let file = try await storage.open(name) else {
            return nil
        }
        var bytes: [UInt8] = []
        while let part = try await file.read() { bytes += part.readableBytesView }
        return bytes
    }

    /// Files that are being written.
    var begun: [String] {
        get throws { try folder.entries(of: "files/incoming") }
    }
}
