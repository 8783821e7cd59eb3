import Console
import GraphClient
import GraphSimulator
import JobQueue
import Logging
import MediaFiles
import NIOPosix
import OperationsKit
import Postgres
import RedisClient
import Schema
import Tenants
import TestSupport

/// A console on real Postgres and Redis with a simulated Graph API, and two tenants with a number each.
struct ConsoleHarness {
    struct Tenant {
        let id: Int64
        let key: String
        let number: String
    }

    static let operatorKey = "operators-open-sesame"
    static let token = "EAAsecret-token-of-the-first-1a2b"
    static let otherToken = "EAAsecret-token-of-the-other-3c4d"
    static let freshToken = "EAAsecret-token-that-is-new-5e6f"
    static let encryption = "k1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    let server: PostgresServer
    let databaseURL: String
    let redisServer: RedisServer
    let redis: RedisClient
    let prefix: String
    let simulator: GraphSimulator
    let services: ConsoleServices
    let console: ConsoleServer
    let pool: PostgresPool
    /// Where the messages' files are.
    let files: MediaFolder
    let first: Tenant
    let other: Tenant

    static func run(
        _ change: (inout ConsoleConfiguration) -> Void = { _ in },
        database wrap: (PostgresPool) -> any PostgresDatabase = { $0 },
        _ body: @Sendable @escaping (ConsoleHarness) async throws -> Void
    ) async throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let server = try await PostgresServer.shared()
        let url = try await server.createDatabase()
        let database = try PostgresConfiguration(url: url)
        _ = try await MigrationRunner(migrations: Schema.migrations).migrate(database, logger: logger)
        let redisServer = try await RedisServer.shared()
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: redisServer.url),
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(), logger: logger)
        let simulator = try await GraphSimulator.start(numbers: [
            BusinessNumber(phoneNumberID: "1001", accessToken: token),
            BusinessNumber(phoneNumberID: "1002", accessToken: otherToken),
            BusinessNumber(phoneNumberID: "1003", verifiedName: "New Windows", accessToken: freshToken),
        ])
        let graph = GraphClient(try GraphConfiguration(baseURL: simulator.url))
        let sealer = TokenSealer(ring: try EncryptionKeyRing(parsing: encryption))
        var configuration = ConsoleConfiguration(operatorKey: Secret(operatorKey))
        change(&configuration)
        let final = configuration
        let prefix = "t\(UInt32.random(in: .min ... .max))"
        let folder = try TemporaryFolder("media")
        let files = MediaFolder(path: folder.path)
        let pool = PostgresPool(configuration: database, size: 4, logger: logger)
        let services = ConsoleServices(
            configuration: final, database: wrap(pool), connect: { try await PostgresConnection.connect(database) },
            redis: redis, prefix: prefix, sealer: sealer, graph: graph, files: files, logger: logger)
        let console = ConsoleServer(services: services, port: 0)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await pool.run() }
            group.addTask { try await redis.run() }
            group.addTask { try await console.run() }
            try await waitUntil("the console to listen") { redis.isConnected && console.boundPort != nil }
            let first = try await tenant("First", "1001", token, sealer, pool)
            let other = try await tenant("Other", "1002", otherToken, sealer, pool)
            let harness = ConsoleHarness(
                server: server, databaseURL: url, redisServer: redisServer, redis: redis, prefix: prefix,
                simulator: simulator, services: services, console: console, pool: pool, files: files, first: first,
                other: other)
            defer { group.cancelAll() }
            try await body(harness)
        }
        await graph.shutdown()
        await simulator.stop()
    }

    private static func tenant(
        _ name: String, _ number: String, _ token: String, _ sealer: TokenSealer, _ pool: PostgresPool
    ) async throws -> Tenant {
        guard let tenantName = TenantName(name), let numberID = PhoneNumberID(number), let token = AccessToken(token)
        else { throw TestSupportError("no tenant") }
        let tenant = NewTenant(name: tenantName, phoneNumberID: numberID, wabaID: nil, accessToken: token)
        let created = try await pool.withTransaction { session in
            try TenantStore.create(
                tenant, sealer: sealer, by: AuditActor(name: "operator", origin: "tests"), in: session)
        }
        return Tenant(id: created.id.value, key: created.apiKey.reveal(), number: number)
    }

    func sql(_ text: String) async throws -> String { try await server.sql(text, on: databaseURL) }

    func call(
        _ method: String, _ path: String, key: String? = nil, headers: [(String, String)] = [], body: String = ""
    ) async throws -> HTTPReply {
        var headers = headers
        if let key { headers.append(("Authorization", "Bearer \(key)")) }
        if !body.isEmpty, !headers.contains(where: { $0.0 == "Content-Type" }) {
            headers.append(("Content-Type", "application/json"))
        }
        return try await LoopbackHTTP.send(
            method, port: console.boundPort ?? 0, path, headers: headers, body: Array(body.utf8))
    }

    func length(_ key: String) async throws -> Int64 {
        try await redis.send(RedisCommand("LLEN", .text(key))).integer ?? -1
    }

    var readyKey: String { QueueKeys(prefix: prefix, queue: .outbound).ready }
}
