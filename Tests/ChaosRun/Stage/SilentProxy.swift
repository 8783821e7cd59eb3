import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// Passes bytes between a process and a server until it is told to fall silent: then the connections that are open stay
/// open on both sides and nothing passes any more, as when a firewall forgets them. New connections work.
final class SilentProxy: Sendable {
    private struct State {
        var pairs: [ObjectIdentifier: Pair] = [:]
        var opened = 0
        var swallowed = 0
    }

    let port: Int
    private let listener: any Channel
    private let state: SharedState

    /// Listens on a free loopback port and passes everything on to `target`.
    static func start(to target: Int) async throws -> SilentProxy {
        let state = SharedState()
        let port = try freePort()
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { client in
                // Nothing is read from the client before the server is reached.
                ClientBootstrap(group: client.eventLoop)
                    .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .connectTimeout(.seconds(2))
                    .connect(host: "127.0.0.1", port: target)
                    .flatMapThrowing { server in
                        let pair = Pair(client: client, server: server)
                        try client.pipeline.syncOperations.addHandler(Relay(pair, peer: server, state: state))
                        try server.pipeline.syncOperations.addHandler(Relay(pair, peer: client, state: state))
                        state.add(pair)
                    }
            }
            .bind(host: "127.0.0.1", port: port).get()
        return SilentProxy(port: port, listener: listener, state: state)
    }

    private init(port: Int, listener: any Channel, state: SharedState) {
        self.port = port
        self.listener = listener
        self.state = state
    }

    /// Connections opened so far.
    var opened: Int { state.values.withLock { $0.opened } }
    /// Bytes that came over silent connections and went nowhere.
    var swallowed: Int { state.values.withLock { $0.swallowed } }

    /// Silences every open connection; returns how many.
    func silence() -> Int {
        let pairs = state.values.withLock { $0.pairs.values.filter { !$0.isSilent } }
        for pair in pairs { pair.fallSilent() }
        return pairs.count
    }

    /// Closes what was silenced, on both sides.
    func closeSilenced() {
        let pairs = state.values.withLock { $0.pairs.values.filter(\.isSilent) }
        for pair in pairs { pair.close() }
    }

    func stop() async {
        try? await listener.close()
        for pair in state.values.withLock({ Array($0.pairs.values) }) { pair.close() }
    }

    /// Two connections that belong together.
    private final class Pair: Sendable {
        private let client: any Channel
        private let server: any Channel
        private let silent = Atomic(false)

        init(client: any Channel, server: any Channel) {
            self.client = client
            self.server = server
        }

        var isSilent: Bool { silent.load(ordering: .relaxed) }

        func fallSilent() { silent.store(true, ordering: .relaxed) }

        func close() {
            client.close(promise: nil)
            server.close(promise: nil)
        }
    }

    private final class SharedState: Sendable {
        let values = Mutex(State())

        func add(_ pair: Pair) {
            values.withLock { state in
                state.pairs[ObjectIdentifier(pair)] = pair
                state.opened += 1
            }
        }

        func remove(_ pair: Pair) {
            values.withLock { $0.pairs[ObjectIdentifier(pair)] = nil }
        }

        func swallow(_ bytes: Int) {
            values.withLock { $0.swallowed += bytes }
        }
    }

    private final class Relay: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let pair: Pair
        private let peer: any Channel
        private let state: SharedState

        init(_ pair: Pair, peer: any Channel, state: SharedState) {
            self.pair = pair
            self.peer = peer
            self.state = state
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data)
            if pair.isSilent {
                state.swallow(bytes.readableBytes)
            } else {
                peer.writeAndFlush(bytes, promise: nil)
            }
        }

        /// One side has ended; a silent pair does not tell the other.
        func channelInactive(context: ChannelHandlerContext) {
            if !pair.isSilent { peer.close(promise: nil) }
            if !peer.isActive { state.remove(pair) }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
