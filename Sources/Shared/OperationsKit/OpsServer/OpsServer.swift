public import Logging
public import NIOCore
internal import NIOHTTP1
public import NIOPosix
public import ServiceLifecycle

/// The operators' HTTP listener: `/live`, `/ready` and `/metrics`, by GET and HEAD, apart from all other traffic.
///
/// - `/live`: 200 as soon as every watched event loop has turned once; 503, or no answer, when one does not.
/// - `/ready`: 200, or 503 with the reason as plain text.
/// - `/metrics`: Prometheus' text format 0.0.4.
///
/// Headers, connections and times are bounded. List it first among the services: it stops last, so that a stopping
/// process can still be watched.
public struct OpsServer: Service {
    private let host: String
    private let port: Int?
    private let group: any EventLoopGroup
    private let endpoints: OpsEndpoints
    private let logger: Logger
    private let bound = BoundPort()

    /// - Parameters:
    ///   - port: `nil` for no listener at all, 0 for any free port (see ``boundPort``).
    ///   - eventLoopGroup: Where it runs, on one of its loops; `/live` watches all of them.
    ///   - readiness: Asked at each `/ready`; five seconds without an answer are a 503.
    public init(
        host: String, port: Int?, registry: PrometheusRegistry,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        readiness: @escaping @Sendable () async -> Readiness, logger: Logger
    ) {
        self.init(
            host: host, port: port, registry: registry, eventLoopGroup: eventLoopGroup, limits: OpsLimits(),
            readiness: readiness, logger: logger)
    }

    init(
        host: String, port: Int?, registry: PrometheusRegistry, eventLoopGroup: any EventLoopGroup, limits: OpsLimits,
        readiness: @escaping @Sendable () async -> Readiness, logger: Logger
    ) {
        self.host = host
        self.port = port
        group = eventLoopGroup
        self.logger = logger
        endpoints = OpsEndpoints(
            loops: Array(eventLoopGroup.makeIterator()), registry: registry, limits: limits, readiness: readiness)
    }

    /// The port it listens on, as soon as it does; nil where it does not, or has failed to.
    public var boundPort: Int? {
        get async { await bound.wait() }
    }

    /// Listens until the graceful shutdown or the task's cancellation.
    /// - Throws: ``ListenError`` where the port cannot be had.
    public func run() async throws {
        guard let port else {
            bound.publish(nil)
            try? await gracefulShutdown()
            return
        }
        let loop = group.next()
        let connections = NIOLoopBoundBox.makeBoxSendingValue(
            OpsConnections(limit: endpoints.limits.connections), eventLoop: loop)
        let channel: any Channel
        do {
            channel = try await bind(to: port, on: loop, connections: connections)
        } catch {
            bound.publish(nil)
            throw ListenError(host: host, port: port, cause: error)
        }
        let actualPort = channel.localAddress?.port ?? port
        bound.publish(actualPort)
        logger.info("ops server listens", metadata: ["host": "\(host)", "port": "\(actualPort)"])
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await channel.closeFuture.get()
        } onCancelOrGracefulShutdown: {
            channel.close(promise: nil)
        }
        try await loop.submit { connections.value.closeAll() }.get()
    }

    private func bind(
        to port: Int, on loop: any EventLoop, connections: NIOLoopBoundBox<OpsConnections>
    ) async throws -> any Channel {
        let endpoints = endpoints
        return try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                // The listener's one loop is also its connections' loop.
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(
                        withEncoderConfiguration: .init(), withDecoderLimitConfiguration: endpoints.limits.decoder)
                    try pipeline.addHandler(
                        OpsConnectionHandler(endpoints: endpoints, connections: connections.value))
                }
            }
            .bind(host: host, port: port)
            .get()
    }
}
