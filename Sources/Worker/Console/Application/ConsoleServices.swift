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
    /// Given to ``Access`` only, which hands out to each caller what that caller may see.
    private let database: any PostgresDatabase
    private let connect: @Sendable () async throws -> PostgresConnection
    let redis: any RedisCommandSender
    /// `QUEUE_PREFIX`.
    let prefix: String
    let sealer: TokenSealer
    let graph: GraphClient
    let lanes: OutboundLanes
    /// Of the messages' files.
    let files: any MediaStorage
    let logger: Logger

    /// - Parameter connect: opens a connection beside the pool's.
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

    var fileAnswer: FileAnswer { FileAnswer(files: files, logger: logger) }

    func keys(_ queue: QueueName) -> QueueKeys { QueueKeys(prefix: prefix, queue: queue) }

    var sessions: SessionStore {
        SessionStore(prefix: prefix, redis: redis, operatorKey: configuration.operatorKey)
    }

    var cookies: ConsoleCookies { ConsoleCookies(isSecure: configuration.publicURL?.isSecure ?? false) }

    func makeAccess() -> Access {
        Access(
            operatorKey: configuration.operatorKey, limits: SignInLimits(prefix: prefix, redis: redis),
            sessions: sessions, cookies: cookies, database: database, connect: connect)
    }
}
