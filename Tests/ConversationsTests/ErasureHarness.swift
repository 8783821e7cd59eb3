import Conversations
import Erasure
import JobQueue
import Logging
import NIOCore
import NIOPosix
import Postgres
import RedisClient
import Tenants
import TestSupport

/// Stored webhooks, and queues of its own in Redis.
struct ErasureHarness {
    let store: StoreHarness
    let redis: RedisClient
    let prefix: String

    var inbound: QueueKeys { QueueKeys(prefix: prefix, queue: .inbound) }
    var outbound: QueueKeys { QueueKeys(prefix: prefix, queue: .outbound) }

    static func run(_ body: @Sendable @escaping (ErasureHarness) async throws -> Void) async throws {
        let server = try await RedisServer.shared()
        let redis = RedisClient(
            configuration: try RedisConfiguration(url: server.url),
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await StoreHarness.run { store in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await redis.run() }
                defer { group.cancelAll() }
                try await waitUntil("Redis to be connected") { redis.isConnected }
                try await body(
                    ErasureHarness(store: store, redis: redis, prefix: "t\(UInt64.random(in: 0...UInt64.max))"))
            }
        }
    }

    /// - Parameter tenant: who asks; operators reach also what no tenant has.
    @discardableResult
    func erase(
        _ subject: CustomerErasure.Subject, tenant: Int64 = 1, asOperator: Bool = false,
        within limit: Duration = .seconds(30)
    ) async throws -> ErasureOutcome {
        try await ErasureRun(
            tenant: TenantID(tenant), subject: subject, takesUnclaimed: asOperator, database: store.pool,
            redis: redis, prefix: prefix
        ).run(by: AuditActor(name: "operator", origin: "test"), within: limit)
    }

    /// A webhook as Ingress queues it.
    static func element(_ payload: String, id: String = "01J00000000000000000000001") -> ByteBuffer {
        JobElement(
            header: JobHeader(id: id, type: "webhook", receivedAt: 1_700_000_000_000, signature: "sha256=00"),
            payload: ByteBuffer(string: payload)
        ).bytes
    }

    func push(_ element: ByteBuffer, to key: String) async throws {
        _ = try await redis.send(RedisCommand("LPUSH", .text(key), .bytes(element)))
    }

    func list(_ key: String) async throws -> [String] {
        let found = try await redis.send(RedisCommand("LRANGE", .text(key), 0, -1)).elements ?? []
        return found.compactMap(\.text)
    }

    /// How many rows of the whole database hold the text, in whatever column.
    func rows(holding text: String) async throws -> String {
        try await store.sql(
            """
            select coalesce(sum((xpath('/row/c/text()', query_to_xml(format(
                'select count(*) as c from %I t where t::text like ''%%%s%%'' or t::text like ''%%%s%%''',
                tablename, '\(text)', encode(convert_to('\(text)', 'UTF8'), 'hex')), false, true, '')))[1]::text::int), 0)
            from pg_tables where schemaname = 'public'
            """)
    }
}
