import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A TCP connection to a server on this machine, for exact bytes: requests may be malformed, cut in pieces or
/// pipelined. One task reads at a time.
public final class LoopbackConnection: Sendable {
    private let channel: any Channel
    private let received: ReceivedBytes

    /// - Throws: ``TestSupportError`` when nothing listens there.
    public static func connect(port: Int, host: String = "127.0.0.1") async throws -> LoopbackConnection {
        let received = ReceivedBytes()
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(.seconds(5))
                .channelOption(.allowRemoteHalfClosure, value: true)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelInitializer { channel in channel.pipeline.addHandler(received) }
                .connect(host: host, port: port).get()
            return LoopbackConnection(channel: channel, received: received)
        } catch {
            throw TestSupportError("cannot connect to \(host):\(port): \(error)")
        }
    }

    private init(channel: any Channel, received: ReceivedBytes) {
        self.channel = channel
        self.received = received
    }

    deinit { channel.close(promise: nil) }

    /// Writes bytes and waits until the kernel took them.
    public func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }

    public func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    /// Writes a whole request. `Host` and `Content-Length` are added where they are missing.
    public func send(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) async throws {
        try await send(Self.request(method, path, headers: headers, body: body))
    }

    /// The bytes of a whole request.
    public static func request(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = []
    ) -> [UInt8] {
        func has(_ name: String) -> Bool { headers.contains { $0.0.lowercased() == name } }
        var head = "\(method) \(path) HTTP/1.1\r\n"
        if !has("host") { head += "Host: 127.0.0.1\r\n" }
        if !has("content-length") && !has("transfer-encoding") && (!body.isEmpty || method != "GET") {
            head += "Content-Length: \(body.count)\r\n"
        }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        return Array((head + "\r\n").utf8) + body
    }

    /// The next response. A `100 Continue` is a response of its own.
    /// - Parameter bodiless: For the answer to a HEAD request.
    public func readReply(within limit: Duration = .seconds(10), bodiless: Bool = false) async throws -> HTTPReply {
        try await read("an HTTP response", within: limit) { bytes, ended in
            guard let (reply, used) = try HTTPReplyParser.parse(bytes, ended: ended, bodiless: bodiless) else {
                return nil
            }
            return (reply, used)
        }
    }

    /// Sends a request and reads its response, keeping the connection.
    ///
    /// A server may answer and close before it has read the whole request: its answer counts, not our failed write.
    public func request(
        _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = [],
        within limit: Duration = .seconds(10)
    ) async throws -> HTTPReply {
        do {
            try await send(method, path, headers: headers, body: body)
        } catch {
            return try await readReply(within: .seconds(1), bodiless: method == "HEAD")
        }
        return try await readReply(within: limit, bodiless: method == "HEAD")
    }

    /// Exactly `count` bytes.
    public func read(count: Int, within limit: Duration = .seconds(10)) async throws -> [UInt8] {
        try await read("\(count) bytes", within: limit) { bytes, _ in
            bytes.count >= count ? (Array(bytes[..<count]), count) : nil
        }
    }

    /// Everything until the server closes its side.
    /// - Throws: ``TestSupportError`` when it does not in time.
    public func readToEnd(within limit: Duration = .seconds(10)) async throws -> [UInt8] {
        try await read("the server to close the connection", within: limit) { bytes, ended in
            ended ? (bytes, bytes.count) : nil
        }
    }

    /// Whether the server has closed its side already.
    public var isEnded: Bool { received.state.withLock { $0.ended } }

    /// Closes our writing side: the server reads the end, and can still answer.
    public func endWriting() async throws { try await channel.close(mode: .output).get() }

    public func close() async { try? await channel.close().get() }

    /// Closes with a TCP reset, as a client that dies.
    public func reset() async throws {
        guard let options = channel as? any SocketOptionProvider else {
            throw TestSupportError("this channel has no socket options")
        }
        try await options.setSoLinger(linger(l_onoff: 1, l_linger: 0)).get()
        await close()
    }

    /// Stops reading from the socket (a client that does not take its answers), or starts again.
    public func setReading(_ reading: Bool) async throws {
        try await channel.setOption(.autoRead, value: reading).get()
    }

    private func read<Value: Sendable>(
        _ what: String, within limit: Duration, _ take: ([UInt8], _ ended: Bool) throws -> (Value, used: Int)?
    ) async throws -> Value {
        let deadline = NIODeadline.now() + TimeAmount(limit)
        while true {
            let (bytes, ended) = received.state.withLock { ($0.bytes, $0.ended) }
            if let (value, used) = try take(bytes, ended) {
                received.state.withLock { $0.bytes.removeFirst(used) }
                return value
            }
            if ended {
                throw TestSupportError(
                    "the connection ended before \(what); read: \(String(decoding: bytes.prefix(500), as: UTF8.self))")
            }
            guard NIODeadline.now() < deadline else {
                throw TestSupportError("waited \(limit) for \(what), in vain")
            }
            try await received.more(than: bytes.count, until: deadline, on: channel.eventLoop)
        }
    }
}

/// Collects what a connection receives and wakes the one who waits for it.
private final class ReceivedBytes: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    struct State {
        var bytes: [UInt8] = []
        var ended = false
        var waiting: EventLoopPromise<Void>?
    }

    let state = Mutex(State())

    /// Returns when there is more to read, when the connection ended, or at the deadline.
    func more(than count: Int, until deadline: NIODeadline, on loop: any EventLoop) async throws {
        let promise = loop.makePromise(of: Void.self)
        let waits = state.withLock { state in
            if state.bytes.count > count || state.ended { return false }
            state.waiting = promise
            return true
        }
        if !waits { promise.succeed() }
        let timeout = loop.scheduleTask(deadline: deadline) { self.wake() }
        try await promise.futureResult.get()
        timeout.cancel()
    }

    private func wake(_ change: (inout State) -> Void = { _ in }) {
        let waiting = state.withLock { state in
            change(&state)
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.succeed()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let buffer = unwrapInboundIn(data)
        wake { $0.bytes += buffer.readableBytesView }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed { wake { $0.ended = true } }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) { wake { $0.ended = true } }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        wake { $0.ended = true }
        context.close(promise: nil)
    }
}
