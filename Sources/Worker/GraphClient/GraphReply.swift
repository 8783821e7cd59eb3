internal import NIOCore
internal import NIOHTTP1

/// An HTTP answer that is all there, whatever it says.
struct GraphReply: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: ByteBuffer
    /// Seconds since 1970 by our clock.
    var receivedAt: Int64 = 0
}
