import NIOCore

/// Builds one reply from the pieces that the reader reports in the order of the wire.
struct ReplyBuilder {
    /// An array whose elements are still arriving.
    private struct OpenArray {
        var missing: Int
        var elements: [RedisReply]
    }

    /// Outermost first.
    private var open: [OpenArray] = []
    private var finished: RedisReply?

    mutating func add(_ piece: RedisReply) {
        guard !open.isEmpty else {
            finished = piece
            return
        }
        var piece = piece
        while let last = open.indices.last {
            open[last].elements.append(piece)
            open[last].missing -= 1
            if open[last].missing > 0 { return }
            piece = .array(open.removeLast().elements)
        }
        finished = piece
    }

    mutating func openArray(count: Int) {
        guard count > 0 else { return add(.array([])) }
        var elements: [RedisReply] = []
        // The announced count is not trusted: `*1073741824` must not allocate gigabytes before an element is there.
        elements.reserveCapacity(min(count, 256))
        open.append(OpenArray(missing: count, elements: elements))
    }

    /// The reply that was completed last; `nil` if one is still being built.
    mutating func take() -> RedisReply? {
        defer { finished = nil }
        return finished
    }
}
