import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A server on loopback that answers with exact bytes: what no well-behaved server would.
final class OddServer: Sendable {
    enum Behaviour: Sendable {
        /// Once a request is there: these bytes, and the connection stays open.
        case answer(String)
        /// Once a request is there: these bytes, then the connection is closed.
        case answerAndClose(String)
        /// Closed as soon as it is accepted, before anything is read.
        case refuse
        /// Reads, and never answers.
        case silence
    }

    private let state = Mutex((requests: [String](), accepted: 0))
    private let channel = Mutex<(any Channel)?>(nil)

    static func start(_ behaviour: Behaviour, tls: NIOSSLContext? = nil) async throws -> OddServer {
        let server = OddServer()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                server.state.withLock { $0.accepted += 1 }
                return channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(Handler(server: server, behaviour: behaviour))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        server.channel.withLock { $0 = channel }
        return server
    }

    var port: Int { channel.withLock { $0?.localAddress?.port ?? 0 } }
    var url: String { "http://127.0.0.1:\(port)" }
    /// Whole requests, as they came.
    var requests: [String] { state.withLock { $0.requests } }
    /// Connections so far.
    var accepted: Int { state.withLock { $0.accepted } }

    func stop() async {
        let listening = channel.withLock { $0 }
        try? await listening?.close().get()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let server: OddServer
        private let behaviour: Behaviour
        private var received = ""

        init(server: OddServer, behaviour: Behaviour) {
            self.server = server
            self.behaviour = behaviour
        }

        func channelActive(context: ChannelHandlerContext) {
            if case .refuse = behaviour { context.close(promise: nil) }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += String(buffer: unwrapInboundIn(data))
            guard let end = received.firstRange(of: "\r\n\r\n") else { return }
            let head = received[..<end.lowerBound].lowercased()
            let length = head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                .flatMap { Int($0.dropFirst("content-length:".count).trimmingPrefix(" ")) }
            guard received[end.upperBound...].utf8.count >= length ?? 0 else { return }
            let request = received
            received = ""
            server.state.withLock { $0.requests.append(request) }
            switch behaviour {
            case .answer(let text):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
            case .answerAndClose(let text):
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
                context.close(promise: nil)
            case .refuse, .silence: break
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
