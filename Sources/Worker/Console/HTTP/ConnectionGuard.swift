internal import NIOCore
internal import NIOHTTP1

/// Refuses a connection too many, and closes one whose request does not arrive in time, however many bytes trickle in: an
/// idle timeout alone lets anybody hold all connections with a byte now and then.
///
/// It stands right behind the HTTP decoder.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// Puts a guard where it belongs, from the place where Hummingbird takes handlers of ours: behind its own codec, which
    /// has other types.
    final class Installer: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = NIOAny

        private let limits: ConnectionLimits
        private let counts: ConnectionCounts

        init(limits: ConnectionLimits, counts: ConnectionCounts) {
            self.limits = limits
            self.counts = counts
        }

        func handlerAdded(context: ChannelHandlerContext) {
            let pipeline = context.pipeline.syncOperations
            do {
                let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
                try pipeline.addHandler(
                    ConnectionGuard(limits: limits, counts: counts), position: .after(decoder))
            } catch {
                // A connection without its guard is none.
                context.close(promise: nil)
            }
        }
    }

    private let limits: ConnectionLimits
    private let counts: ConnectionCounts
    /// Nil before the connection is counted, and after it was refused or closed.
    private var address: String?
    private var isArriving = false
    private var timer: Scheduled<Void>?

    init(limits: ConnectionLimits, counts: ConnectionCounts) {
        self.limits = limits
        self.counts = counts
    }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { end() }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            isArriving = true
            close(context, after: limits.arrival)
        case .body: break
        case .end:
            isArriving = false
            timer?.cancel()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data), !isArriving { close(context, after: limits.idle) }
        context.write(data, promise: promise)
    }

    private func begin(_ context: ChannelHandlerContext) {
        guard address == nil else { return }
        let address = context.remoteAddress?.ipAddress ?? ""
        guard counts.enter(address) else { return refuse(context) }
        self.address = address
        close(context, after: limits.arrival)
    }

    private func end() {
        timer?.cancel()
        timer = nil
        if let address { counts.leave(address) }
        address = nil
    }

    /// Says so instead of letting it wait.
    private func refuse(_ context: ChannelHandlerContext) {
        let head = HTTPResponseHead(
            version: .http1_1, status: .serviceUnavailable,
            headers: ["Connection": "close", "Content-Length": "0", "Retry-After": "10"])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.close(promise: nil)
    }

    private func close(_ context: ChannelHandlerContext, after time: TimeAmount) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
    }
}
