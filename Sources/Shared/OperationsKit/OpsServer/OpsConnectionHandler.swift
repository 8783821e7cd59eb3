internal import NIOCore
internal import NIOHTTP1

/// One connection of the ops server: a request, its answer, the next one, each within its time.
final class OpsConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case waiting
        case receiving(HTTPRequestHead, bodyBytes: Int)
        case answering(HTTPRequestHead)
        /// The last answer is on its way out, or nothing more will be said.
        case closing
    }

    private let endpoints: OpsEndpoints
    private let connections: OpsConnections
    private var state = State.waiting
    private var timer: Scheduled<Void>?
    private var context: ChannelHandlerContext?
    /// Counts requests, so that an answer that comes too late is not taken for the next request's.
    private var requests = 0

    init(endpoints: OpsEndpoints, connections: OpsConnections) {
        self.endpoints = endpoints
        self.connections = connections
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
        connections.remove(context.channel)
    }

    func channelActive(context: ChannelHandlerContext) {
        closeAfter(endpoints.limits.request, context)
        connections.add(context.channel)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        state = .closing
        connections.remove(context.channel)
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .waiting):
            state = .receiving(head, bodyBytes: 0)
            closeAfter(endpoints.limits.request, context)
        case (.body(let part), .receiving(let head, let bytes)):
            let bytes = bytes + part.readableBytes
            state = .receiving(head, bodyBytes: bytes)
            if bytes > endpoints.limits.body {
                state = .answering(head)
                respond(.plain(.payloadTooLarge, "no body is needed here", closes: true), context)
            }
        case (.end, .receiving(let head, _)):
            state = .answering(head)
            connections.setIdle(false, context.channel)
            answer(head, context)
        case (.head, _), (.body, _), (.end, _):
            // The rest of a request that was refused.
            break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // An unreadable request was answered 400 further up; after any other error there is nothing to say either.
        state = .closing
        context.close(promise: nil)
    }

    private func close() {
        context?.close(promise: nil)
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        requests += 1
        let request = requests
        let loop = context.eventLoop
        timer?.cancel()
        timer = loop.assumeIsolated().scheduleTask(in: endpoints.limits.answer) {
            self.finish(request, self.endpoints.late(uri: head.uri))
        }
        endpoints.answer(method: head.method, uri: head.uri, on: loop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let response): self.finish(request, response)
            case .failure: self.finish(request, .plain(.internalServerError, "failed", closes: true))
            }
        }
    }

    private func finish(_ request: Int, _ response: OpsResponse) {
        guard let context, request == requests, case .answering = state else { return }
        respond(response, context)
    }

    private func respond(_ response: OpsResponse, _ context: ChannelHandlerContext) {
        guard case .answering(let request) = state else { return }
        let keepsAlive = request.isKeepAlive && request.version == .http1_1 && !response.closes
        let body = context.channel.allocator.buffer(string: response.body)
        var headers: HTTPHeaders = [
            "Content-Type": response.contentType,
            "Content-Length": String(body.readableBytes),
            "Cache-Control": "no-store",
        ]
        if response.status == .methodNotAllowed { headers.add(name: "Allow", value: "GET, HEAD") }
        if !keepsAlive { headers.add(name: "Connection", value: "close") }
        let head = HTTPResponseHead(version: .http1_1, status: response.status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if request.method != .HEAD { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        let end = context.eventLoop.makePromise(of: Void.self)
        if keepsAlive {
            state = .waiting
            connections.setIdle(true, context.channel)
            closeAfter(endpoints.limits.idle, context)
        } else {
            // A peer that does not read its answer keeps the connection no longer than any other.
            state = .closing
            closeAfter(endpoints.limits.request, context)
            end.futureResult.assumeIsolated().whenComplete { _ in self.close() }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: end)
    }

    private func closeAfter(_ limit: TimeAmount, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: limit) { self.close() }
    }
}
