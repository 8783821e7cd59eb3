import JobQueue
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import OperationsKit
import RedisClient
public import ServiceLifecycle
import Synchronization

/// The public listener: accepts connections and spreads them over the event loops.
///
/// On shutdown it stops accepting, ends idle connections, lets requests in flight be answered for a bounded time, and then
/// closes what is left.
public final class IngressServer: Service {
    private let host: String
    private let port: Int
    private let shared: IngressShared
    private let keys: QueueKeys
    private let clients: [RedisClient]
    private let group: any EventLoopGroup
    private let logger: Logger
    private let bound = Mutex<Int?>(nil)

    /// - Parameter clients: One for each event loop of `group`; connections are spread over the clients' loops.
    init(
        host: String, port: Int, shared: IngressShared, keys: QueueKeys, clients: [RedisClient],
        group: any EventLoopGroup, logger: Logger
    ) {
        self.host = host
        self.port = port
        self.shared = shared
        self.keys = keys
        self.clients = clients
        self.group = group
        self.logger = logger
    }

    /// The port it listens on; nil before and after.
    public var boundPort: Int? { bound.withLock { $0 } }

    public func run() async throws {
        var loops: [NIOLoopBound<ConnectionLoop>] = []
        for client in clients { loops.append(try await makeLoop(client).get()) }
        let listener: any Channel
        do {
            listener = try await bind(loops)
        } catch {
            throw ListenError(host: host, port: port, cause: error)
        }
        let actualPort = listener.localAddress?.port ?? port
        bound.withLock { $0 = actualPort }
        logger.info(
            "listening for webhooks",
            metadata: ["host": "\(host)", "port": "\(actualPort)", "event_loops": "\(loops.count)"])
        // Cancelled or asked politely: both end it the same way.
        try? await gracefulShutdown()
        bound.withLock { $0 = nil }
        try? await listener.close().get()
        await drain(loops)
    }

    private func makeLoop(_ client: RedisClient) -> EventLoopFuture<NIOLoopBound<ConnectionLoop>> {
        let (shared, keys) = (shared, keys)
        return client.eventLoop.submit {
            let allocator = ByteBufferAllocator()
            var limits = JobProducer.Limits()
            limits.timeout = shared.limits.pushTime
            let loop = ConnectionLoop(
                shared: shared,
                producer: JobProducer(keys: keys, limits: limits, allocator: allocator, client: client),
                eventLoop: client.eventLoop, allocator: allocator)
            return NIOLoopBound(loop, eventLoop: client.eventLoop)
        }
    }

    private func bind(_ loops: [NIOLoopBound<ConnectionLoop>]) async throws -> any Channel {
        let byEventLoop = Dictionary(
            zip(clients.map { ObjectIdentifier($0.eventLoop) }, loops), uniquingKeysWith: { first, _ in first })
        var decoderLimits = NIOHTTPDecoderLimitConfiguration()
        decoderLimits.maxHeaderFieldSize = shared.limits.headerBytes
        decoderLimits.maxHeaderListSize = shared.limits.headerBytes
        decoderLimits.maxHeaderFieldCount = shared.limits.headerFields
        let (decoder, shared) = (decoderLimits, shared)
        return try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1_024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            // One read for each readiness, into a buffer of at most 16 KiB: that is what thousands of connections cost.
            .childChannelOption(.maxMessagesPerRead, value: 1)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 1_024, initial: 2_048, maximum: 16_384)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // A thrown error closes the connection.
                    let most = shared.limits.connections + shared.limits.surplusConnections
                    guard shared.connections.value < most,
                        let loop = byEventLoop[ObjectIdentifier(channel.eventLoop)]?.value
                    else { throw ChannelError.inappropriateOperationForState }
                    try Self.configure(channel, loop: loop, decoder: decoder)
                }
            }
            .bind(host: host, port: port).get()
    }

    static func configure(
        _ channel: any Channel, loop: ConnectionLoop, decoder: NIOHTTPDecoderLimitConfiguration
    ) throws {
        let requests = HTTPRequestDecoder(limitConfiguration: decoder)
        try channel.pipeline.syncOperations.addHandlers(
            ByteToMessageHandler(requests), WebhookConnection(loop: loop))
    }

    private func drain(_ loops: [NIOLoopBound<ConnectionLoop>]) async {
        let futures = loops.map { loop in
            loop.eventLoop.flatSubmit {
                let emptied = loop.value.drain()
                // What is left by then is closed, which empties the loop, too.
                let closing = loop.eventLoop.scheduleTask(in: self.shared.limits.drainTime) { loop.value.closeAll() }
                emptied.whenComplete { _ in closing.cancel() }
                return emptied
            }
        }
        for future in futures { try? await future.get() }
    }
}
