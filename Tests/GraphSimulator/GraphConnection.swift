import NIOCore
import NIOHTTP1

/// One connection to the simulator: collects a request, asks the simulator, writes its answer.
final class GraphConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// More than any message needs.
    private static let bodyLimit = 1 << 20

    private let simulator: GraphSimulator
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(simulator: GraphSimulator) {
        self.simulator = simulator
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
            respond(to: head, context: context)
            self.head = nil
        }
    }

    private func respond(to head: HTTPRequestHead, context: ChannelHandlerContext) {
        let target = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        var headers: [String: String] = [:]
        for (name, value) in head.headers { headers[name.lowercased()] = value }
        let answer = simulator.answer(
            GraphRequest(
                method: head.method.rawValue, path: target[0], query: target.count > 1 ? target[1] : "",
                headers: headers, body: body))
        var fields = HTTPHeaders(answer.headers)
        fields.add(name: "content-type", value: "application/json; charset=UTF-8")
        fields.add(name: "content-length", value: String(answer.body.count))
        if !head.isKeepAlive { fields.add(name: "connection", value: "close") }
        let response = HTTPResponseHead(
            version: .http1_1, status: HTTPResponseStatus(statusCode: answer.status), headers: fields)
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if !head.isKeepAlive { context.close(promise: nil) }
    }
}
