public import NIOCore
public import RedisClient

/// The producing side of a queue, for one event loop: takes jobs and pushes them to the queue's `ready` list.
///
/// All jobs of one turn of the event loop go out as one variadic `LPUSH`, which Redis applies as a whole or not at all and
/// in the order in which they came. A push is bounded in jobs and in bytes; what would not fit begins the next one, and a
/// large payload travels alone, from the buffer in which it was gathered.
///
/// Not thread-safe by design: everything happens on the event loop, without futures or tasks.
public final class JobProducer {
    /// Sends an encoded command and calls back on the event loop.
    public typealias Transport = (
        _ command: ByteBuffer, _ deadline: NIODeadline,
        _ completion: @escaping (Result<RedisReply, RedisError>) -> Void
    ) -> Void

    /// The bounds of one push.
    public struct Limits: Sendable {
        /// The most jobs in one `LPUSH`.
        public var jobs = 128
        /// The most bytes of elements in one `LPUSH`, in bytes; a single larger job still goes out, alone.
        public var bytes = 256 * 1024
        /// From this length in bytes on, a gathered payload is sent from its own buffer instead of being copied.
        public var ownBuffer = 32 * 1024
        /// How long Redis may take to acknowledge before the jobs count as failed.
        public var timeout = TimeAmount.milliseconds(600)

        public init() {}
    }

    private struct Waiting {
        let observer: any PushObserver
        let ticket: Int
    }

    /// Room for `$` or `*`, a number and a line end.
    private static let lengthRoom = 24
    /// Room for a webhook's header: about 260 bytes with a `traceparent`.
    private static let headerRoom = 512

    private let limits: Limits
    private let allocator: ByteBufferAllocator
    private let transport: Transport
    /// `\r\n$5\r\nLPUSH\r\n$<n>\r\n<key>\r\n`: what follows the number of arguments.
    private let commandAndKey: ByteBuffer
    /// Room for `*<count>` and `commandAndKey` in front of the elements.
    private let commandRoom: Int
    /// Room for that, an element's length and its header, in front of a gathered payload.
    private let payloadHeadroom: Int

    private var batch: ByteBuffer
    private var waiting: [Waiting] = []
    private var lastBatchSize = 0

    /// How many pushes went out, and how many jobs in them.
    public private(set) var pushes = 0
    public private(set) var jobs = 0

    public init(
        keys: QueueKeys, limits: Limits = Limits(), allocator: ByteBufferAllocator, transport: @escaping Transport
    ) {
        self.limits = limits
        self.allocator = allocator
        self.transport = transport
        let key = keys.ready
        var buffer = allocator.buffer(capacity: 64)
        buffer.writeStaticString("\r\n$5\r\nLPUSH\r\n$")
        DecimalDigits.write(key.utf8.count, into: &buffer)
        buffer.writeStaticString("\r\n")
        buffer.writeString(key)
        buffer.writeStaticString("\r\n")
        commandAndKey = buffer
        commandRoom = buffer.readableBytes + Self.lengthRoom
        payloadHeadroom = commandRoom + Self.lengthRoom + Self.headerRoom
        batch = ByteBuffer()
    }

    /// Pushes over `client`, on whose event loop everything must happen.
    public convenience init(
        keys: QueueKeys, limits: Limits = Limits(), allocator: ByteBufferAllocator, client: RedisClient
    ) {
        self.init(keys: keys, limits: limits, allocator: allocator) { command, deadline, completion in
            client.write(command, deadline: deadline, completion: completion)
        }
    }

    /// An empty payload to receive into.
    public func makePayload() -> JobPayload {
        JobPayload(headroom: payloadHeadroom)
    }

    /// Whether something waits for `flush(now:)`.
    public var needsFlush: Bool { !waiting.isEmpty }

    /// Takes a webhook. It goes out with the next `flush(now:)`, or at once where a bound is reached.
    /// - Parameters:
    ///   - payload: Spent afterwards: the caller drops it.
    ///   - now: The event loop's time; the push must be acknowledged within `limits.timeout` of it.
    public func push(
        _ element: WebhookElement, payload: inout JobPayload, now: NIODeadline, observer: any PushObserver, ticket: Int
    ) {
        let headerLength = element.headerLength
        let length = headerLength + payload.count + 1
        let waiter = Waiting(observer: observer, ticket: ticket)
        if headerLength <= Self.headerRoom, let buffer = payload.takeGathered(atLeast: limits.ownBuffer) {
            flush(now: now)
            send(command(around: buffer, element: element, length: length), [waiter], now: now)
            return
        }
        if waiting.count >= limits.jobs || (!waiting.isEmpty && batchSize + length > limits.bytes) {
            flush(now: now)
        }
        if waiting.isEmpty { startBatch(length) }
        batch.writeInteger(UInt8(ascii: "$"))
        DecimalDigits.write(length, into: &batch)
        batch.writeStaticString("\r\n")
        element.writeHeader(into: &batch)
        batch.writeImmutableBuffer(payload.bytes)
        batch.writeStaticString("}\r\n")
        waiting.append(waiter)
    }

    /// Sends what was taken since the last flush. The caller does this at the end of each turn of the event loop.
    public func flush(now: NIODeadline) {
        guard !waiting.isEmpty else { return }
        lastBatchSize = batchSize
        let waiters = waiting
        var command = batch
        batch = ByteBuffer()
        waiting = []
        waiting.reserveCapacity(waiters.count)
        prepend(elements: waiters.count, to: &command)
        send(command, waiters, now: now)
    }

    private var batchSize: Int { batch.writerIndex - commandRoom }

    private func startBatch(_ firstLength: Int) {
        batch = allocator.buffer(capacity: commandRoom + max(firstLength + 32, lastBatchSize))
        batch.moveWriterIndex(to: commandRoom)
        batch.moveReaderIndex(to: commandRoom)
    }

    /// Writes `*<elements + 2>`, the command's name and the key right in front of the readable bytes.
    private func prepend(elements: Int, to buffer: inout ByteBuffer) {
        let count = elements + 2
        let length = 1 + DecimalDigits.count(count) + commandAndKey.readableBytes
        let end = buffer.writerIndex
        let start = buffer.readerIndex - length
        buffer.moveReaderIndex(to: start)
        buffer.moveWriterIndex(to: start)
        buffer.writeInteger(UInt8(ascii: "*"))
        DecimalDigits.write(count, into: &buffer)
        buffer.writeImmutableBuffer(commandAndKey)
        buffer.moveWriterIndex(to: end)
    }

    /// Builds the whole command around a payload that stays where it is.
    private func command(
        around payload: consuming ByteBuffer, element: WebhookElement, length: Int
    ) -> ByteBuffer {
        var buffer = payload
        buffer.writeStaticString("}\r\n")
        let end = buffer.writerIndex
        let start = buffer.readerIndex - (1 + DecimalDigits.count(length) + 2 + element.headerLength)
        buffer.moveReaderIndex(to: start)
        buffer.moveWriterIndex(to: start)
        buffer.writeInteger(UInt8(ascii: "$"))
        DecimalDigits.write(length, into: &buffer)
        buffer.writeStaticString("\r\n")
        element.writeHeader(into: &buffer)
        buffer.moveWriterIndex(to: end)
        prepend(elements: 1, to: &buffer)
        return buffer
    }

    private func send(_ command: ByteBuffer, _ waiters: [Waiting], now: NIODeadline) {
        pushes += 1
        jobs += waiters.count
        transport(command, now + limits.timeout) { result in
            let outcome = Self.outcome(of: result)
            for waiter in waiters { waiter.observer.pushFinished(ticket: waiter.ticket, outcome: outcome) }
        }
    }

    private static func outcome(of result: Result<RedisReply, RedisError>) -> PushOutcome {
        switch result {
        case .success(.integer): .stored
        case .success: .unexpectedReply
        case .failure(let error): .failed(error)
        }
    }
}
