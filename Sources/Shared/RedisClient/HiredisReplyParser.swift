import CHiredis
import NIOCore

/// The server sent bytes that are not RESP2. The parser is of no further use: the connection must be closed.
struct RedisProtocolViolation: Error, Equatable {
    let reason: String
}

/// hiredis' reader as a push parser: bytes in, replies out, no socket.
///
/// The reader would allocate a tree of its own per reply. Instead it calls the functions below, which put each piece
/// into a ``ReplyBuilder`` and hand back a marker that is never dereferenced.
///
/// Two facts of hiredis 0.14: arrays nest at most seven deep, and RESP3 is refused. We never send `HELLO 3`.
struct HiredisReplyParser: ~Copyable {
    // The three pointers are owned by this value alone, made in `init` and released in `deinit`; it cannot be copied,
    // and the reader uses `functions` and `builder` only within calls made through `self`. Nothing escapes.
    private let reader: UnsafeMutablePointer<redisReader>?
    private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
    private let builder: UnsafeMutablePointer<ReplyBuilder>

    init() {
        builder = .allocate(capacity: 1)
        builder.initialize(to: ReplyBuilder())
        functions = .allocate(capacity: 1)
        functions.initialize(
            to: redisReplyObjectFunctions(
                createString: createString, createArray: createArray, createInteger: createInteger,
                createNil: createNil, freeObject: { _ in }))
        reader = redisReaderCreateWithFunctions(functions)
        reader?.pointee.privdata = UnsafeMutableRawPointer(builder)
    }

    deinit {
        if let reader { redisReaderFree(reader) }
        functions.deinitialize(count: 1)
        functions.deallocate()
        builder.deinitialize(count: 1)
        builder.deallocate()
    }

    /// Copies the bytes into the reader's buffer; call ``next()`` until it answers `nil`.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisProtocolViolation) {
        guard let reader, let start = bytes.bindMemory(to: CChar.self).baseAddress else {
            if bytes.isEmpty { return }
            throw RedisProtocolViolation(reason: "no memory for a reply parser")
        }
        guard redisReaderFeed(reader, start, bytes.count) == REDIS_OK else { throw violation(reader) }
    }

    /// The next complete reply, `nil` when more bytes are needed. After an error every further call fails too.
    mutating func next() throws(RedisProtocolViolation) -> RedisReply? {
        guard let reader else { throw RedisProtocolViolation(reason: "no memory for a reply parser") }
        var marker: UnsafeMutableRawPointer?
        guard redisReaderGetReply(reader, &marker) == REDIS_OK else { throw violation(reader) }
        guard marker != nil else { return nil }
        return builder.pointee.take()
    }

    private func violation(_ reader: UnsafeMutablePointer<redisReader>) -> RedisProtocolViolation {
        // `errstr` is a C array of 128 bytes, always zero-terminated by hiredis.
        let reason = withUnsafeBytes(of: reader.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return RedisProtocolViolation(reason: reason)
    }
}

/// Stands for "an object was made". hiredis only compares it with NULL and passes it to `freeObject`.
private var marker: UnsafeMutableRawPointer? { UnsafeMutableRawPointer(bitPattern: 1) }

/// Calls `body` with the builder of the reader that runs `task`.
///
/// `privdata` is the pointer set in `init`; hiredis copies it into each task and calls back synchronously, while the
/// parser that owns it is alive.
private func withBuilder(
    _ task: UnsafePointer<redisReadTask>?, _ body: (inout ReplyBuilder) -> Void
) -> UnsafeMutableRawPointer? {
    guard let builder = task?.pointee.privdata?.assumingMemoryBound(to: ReplyBuilder.self) else { return nil }
    body(&builder.pointee)
    return marker
}

private func createString(
    _ task: UnsafePointer<redisReadTask>?, _ start: UnsafeMutablePointer<CChar>?, _ length: Int
) -> UnsafeMutableRawPointer? {
    let bytes = UnsafeRawBufferPointer(start: start, count: length)
    return withBuilder(task) { builder in
        switch task?.pointee.type {
        case REDIS_REPLY_STATUS: builder.add(.simple(String(decoding: bytes, as: UTF8.self)))
        case REDIS_REPLY_ERROR: builder.add(.error(RedisServerError(message: String(decoding: bytes, as: UTF8.self))))
        case _: builder.add(.bulk(ByteBuffer(bytes: bytes)))
        }
    }
}

private func createArray(_ task: UnsafePointer<redisReadTask>?, _ count: CInt) -> UnsafeMutableRawPointer? {
    withBuilder(task) { $0.openArray(count: Int(count)) }
}

private func createInteger(_ task: UnsafePointer<redisReadTask>?, _ value: CLongLong) -> UnsafeMutableRawPointer? {
    withBuilder(task) { $0.add(.integer(value)) }
}

private func createNil(_ task: UnsafePointer<redisReadTask>?) -> UnsafeMutableRawPointer? {
    withBuilder(task) { $0.add(.null) }
}
