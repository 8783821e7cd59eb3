import NIOCore
import NIOHTTP1

/// One connection to the simulator: collects a request, asks what is to become of it, and does that.
final class GraphConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// More than any message needs; the phone page sends files.
    private static let bodyLimit = 24 << 20
    /// Longer than any client waits for an answer that is never given.
    private static let silence = TimeAmount.seconds(60)

    private let handle: @Sendable (GraphRequest) -> Fate
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(handle: @escaping @Sendable (GraphRequest) -> Fate) {
        self.handle = handle
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body = []
        case .body(let chunk):
            guard body.count + chunk.readableBytes <= Self.bodyLimit else { return context.close(promise: nil) }
            body += chunk.readableBytesView
        case .end:
            guard let head else { return context.close(promise: nil) }
            self.head = nil
            let fate = handle(GraphRequest(head: head, body: body))
            guard fate.latencyMilliseconds > 0 else { return end(fate.ending, head.isKeepAlive, context: context) }
            let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
            context.eventLoop.scheduleTask(in: .milliseconds(Int64(fate.latencyMilliseconds))) {
                let (connection, context) = bound.value
                connection.end(fate.ending, head.isKeepAlive, context: context)
            }
        }
    }

    private func end(_ ending: Fate.Ending, _ keepAlive: Bool, context: ChannelHandlerContext) {
        switch ending {
        case .cut: context.close(promise: nil)
        case .silence:
            let channel = context.channel
            channel.eventLoop.scheduleTask(in: Self.silence) { channel.close(promise: nil) }
        case .answer(let answer): write(answer, keepAlive: keepAlive, context: context)
        case .part(let answer, let bytes, let stays): writePart(answer, bytes: bytes, stays: stays, context: context)
        case .unmeasured(let answer): write(answer, measured: false, keepAlive: keepAlive, context: context)
        }
    }

    private func writePart(_ answer: GraphAnswer, bytes: Int, stays: Bool, context: ChannelHandlerContext) {
        var fields = HTTPHeaders(answer.headers)
        fields.add(name: "content-type", value: answer.contentType)
        fields.add(name: "content-length", value: String(answer.body.count))
        let head = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let channel = context.channel
        let part = ByteBuffer(bytes: answer.body.prefix(bytes))
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(part)))).whenComplete { _ in
            if stays {
                channel.eventLoop.scheduleTask(in: Self.silence) { channel.close(promise: nil) }
            } else {
                channel.close(promise: nil)
            }
        }
    }

    private func write(
        _ answer: GraphAnswer, measured: Bool = true, keepAlive: Bool, context: ChannelHandlerContext
    ) {
        var fields = HTTPHeaders(answer.headers)
        fields.add(name: "content-type", value: answer.contentType)
        if measured { fields.add(name: "content-length", value: String(answer.body.count)) }
        if !keepAlive { fields.add(name: "connection", value: "close") }
        let response = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: fields)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if !keepAlive { context.close(promise: nil) }
    }
}
