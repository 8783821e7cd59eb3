internal import AsyncHTTPClient
internal import Identifiers
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Collects one answer, and remembers whether the request's head was written: before that a failure is certainly "not
/// sent", after it nobody knows.
final class GraphReplyDelegate: HTTPClientResponseDelegate {
    typealias Response = GraphReply

    struct BodyTooLarge: Error {}

    /// Many times what the Graph API answers.
    static let bodyLimit = 256 * 1024

    private let isHeadWritten = Atomic(false)
    private let reply = Mutex(GraphReply(status: 0, headers: HTTPHeaders(), body: ByteBuffer()))

    var didWriteHead: Bool { isHeadWritten.load(ordering: .acquiring) }

    func didSendRequestHead(task: HTTPClient.Task<GraphReply>, _ head: HTTPRequestHead) {
        isHeadWritten.store(true, ordering: .releasing)
    }

    func didReceiveHead(task: HTTPClient.Task<GraphReply>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        reply.withLock { reply in
            reply.status = Int(head.status.code)
            reply.headers = head.headers
            reply.receivedAt = UnixClock.milliseconds() / 1_000
        }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<GraphReply>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let fits = reply.withLock { reply in
            guard reply.body.readableBytes + part.readableBytes <= Self.bodyLimit else { return false }
            if reply.body.readableBytes == 0 {
                reply.body = part
            } else {
                reply.body.writeImmutableBuffer(part)
            }
            return true
        }
        return fits ? task.eventLoop.makeSucceededVoidFuture() : task.eventLoop.makeFailedFuture(BodyTooLarge())
    }

    func didFinishRequest(task: HTTPClient.Task<GraphReply>) -> GraphReply {
        reply.withLock { $0 }
    }
}
