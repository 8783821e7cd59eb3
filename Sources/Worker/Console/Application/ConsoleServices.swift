public import GraphClient
internal import JobQueue
public import Logging
public import MediaFiles
internal import OutboundLanes
public import Postgres
public import RedisClient
public import Tenants

/// What the console stands on.
public struct ConsoleServices: Sendable {
    /// The console's own connections: a slow page takes none from the consumers.
    public static let postgresConnections = 4

    let configuration: ConsoleConfiguration
    let database: any PostgresDatabase
    /// Opens a connection beside the pool's, for what holds a lock of its own over several transactions.
    let connect: @Sendable () async throws -> PostgresConnection
    let redis: any RedisCommandSender
    /// `QUEUE_PREFIX`.
    let prefix: String
    let sealer: TokenSealer
    let graph: GraphClient
    let lanes: OutboundLanes
    /// Of the messages' files.
    let files: any MediaStorage
    let logger: Logger

    public init(
        configuration: ConsoleConfiguration, database: any PostgresDatabase,
        connect: @escaping @Sendable () async throws -> PostgresConnection, redis: any RedisCommandSender,
        prefix: String, sealer: TokenSealer, graph: GraphClient, files: any MediaStorage, logger: Logger
    ) {
        self.configuration = configuration
        self.database = database
        self.connect = connect
        self.redis = redis
        self.prefix = prefix
        self.sealer = sealer
        self.graph = graph
        self.files = files
        self.logger = logger
        lanes = OutboundLanes(keys: QueueKeys(prefix: prefix, queue: .outbound), client: redis)
    }

    func keys(_ queue: QueueName) -> QueueKeys { QueueKeys(prefix: prefix, queue: queue) }

    /// Hands over a connection of its own and closes it afterwards.
    func withOwnConnection<Value>(_ body: (PostgresConnection) async throws -> Value) async throws -> Value {
        let connection = try await connect()
        do {
            let value = try await body(connection)
            await connection.close()
            return value
        } catch {
            await connection.close()
            throw error
        }
    }
}
