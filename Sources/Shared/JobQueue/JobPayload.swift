public import NIOCore

/// A payload being received, laid so that a queue element needs at most one more copy of it.
///
/// What arrives in one piece is kept as the slice that it is. What arrives in several pieces is gathered in a buffer with
/// room in front for everything that precedes the payload in the Redis command, so that a body of several megabytes goes
/// out from where it was gathered.
public struct JobPayload {
    private var slice: ByteBuffer?
    private var gathered: ByteBuffer?
    private let headroom: Int

    /// - Parameter headroom: Bytes kept free in front of a gathered payload.
    init(headroom: Int) {
        self.headroom = headroom
    }

    /// The payload's length so far, in bytes.
    public var count: Int {
        if let gathered { return gathered.readableBytes }
        return slice?.readableBytes ?? 0
    }

    public mutating func append(_ piece: ByteBuffer, allocator: ByteBufferAllocator) {
        if gathered == nil && slice == nil {
            slice = piece
            return
        }
        gather(extra: piece.readableBytes, allocator: allocator)
        gathered?.writeImmutableBuffer(piece)
    }

    /// Lets go of the network's read buffer, when the rest of the payload will take a while.
    public mutating func detach(allocator: ByteBufferAllocator) {
        if slice != nil { gather(extra: 0, allocator: allocator) }
    }

    private mutating func gather(extra: Int, allocator: ByteBufferAllocator) {
        guard gathered == nil else { return }
        let first = slice
        slice = nil
        var buffer = allocator.buffer(capacity: headroom + (first?.readableBytes ?? 0) + extra)
        buffer.moveWriterIndex(to: headroom)
        buffer.moveReaderIndex(to: headroom)
        if let first { buffer.writeImmutableBuffer(first) }
        gathered = buffer
    }

    /// Hands over the gathered buffer, with `headroom` writable bytes in front of its reader index, and keeps no reference,
    /// so that it can be written to without a copy. Nil if the payload is smaller or came in one piece.
    mutating func takeGathered(atLeast threshold: Int) -> ByteBuffer? {
        guard let buffer = gathered, buffer.readableBytes >= threshold else { return nil }
        gathered = nil
        return buffer
    }

    /// The payload's bytes, wherever they are.
    var bytes: ByteBuffer {
        gathered ?? slice ?? ByteBuffer()
    }
}
