/// HMAC-SHA256 (RFC 2104) under one key, for many messages.
///
/// The key's two padded blocks are hashed once; each message starts from a copy of those states. With OpenSSL 3.0 and a
/// 500-byte message that took 0.47 µs, against 0.56 µs for a reinitialised `EVP_MAC`, 0.52 µs for copied EVP digest
/// contexts and 2.3 µs for `HMAC()`, and it is the only one of these that allocates nothing.
public struct HMACSHA256: Sendable {
    private static let blockSize = 64

    private let inner: SHA256
    private let outer: SHA256

    public init(key: [UInt8]) {
        var block = [UInt8](repeating: 0, count: Self.blockSize)
        if key.count > Self.blockSize {
            block.replaceSubrange(0..<SHA256Digest.byteCount, with: SHA256.hash(key).bytes)
        } else {
            block.replaceSubrange(0..<key.count, with: key)
        }
        for index in block.indices { block[index] ^= 0x36 }
        var inner = SHA256()
        inner.update(block)
        // From the inner padding to the outer one: 0x36 ^ 0x5c.
        for index in block.indices { block[index] ^= 0x36 ^ 0x5c }
        var outer = SHA256()
        outer.update(block)
        secureZero(&block)
        self.inner = inner
        self.outer = outer
    }

    /// The key is the text's UTF-8 bytes.
    public init(key: String) {
        var bytes = Array(key.utf8)
        self.init(key: bytes)
        secureZero(&bytes)
    }

    /// The tag of a message that is all there.
    public func authenticate(_ message: UnsafeRawBufferPointer) -> SHA256Digest {
        var hash = inner
        hash.update(message)
        return finish(&hash)
    }

    public func authenticate(_ message: [UInt8]) -> SHA256Digest {
        message.withUnsafeBytes { authenticate($0) }
    }

    /// The tag of the text's UTF-8 bytes.
    public func authenticate(_ message: String) -> SHA256Digest {
        var message = message
        return message.withUTF8 { authenticate(UnsafeRawBufferPointer($0)) }
    }

    /// The start of a message that arrives in chunks.
    public func begin() -> Message {
        Message(inner: inner, outer: outer)
    }

    private func finish(_ hash: inout SHA256) -> SHA256Digest {
        Self.finish(&hash, outer: outer)
    }

    private static func finish(_ hash: inout SHA256, outer: SHA256) -> SHA256Digest {
        var second = outer
        hash.finish().withUnsafeBytes { second.update($0) }
        return second.finish()
    }

    /// A message being authenticated chunk by chunk: a value without references, so that it can live inside a channel
    /// handler and be started anew for each request without an allocation.
    public struct Message: Sendable {
        private var inner: SHA256
        private let outer: SHA256

        fileprivate init(inner: SHA256, outer: SHA256) {
            self.inner = inner
            self.outer = outer
        }

        public mutating func update(_ chunk: UnsafeRawBufferPointer) {
            inner.update(chunk)
        }

        public mutating func update(_ chunk: [UInt8]) {
            inner.update(chunk)
        }

        /// The tag of what was added so far; this value can go on being updated.
        public func finalized() -> SHA256Digest {
            var copy = inner
            return HMACSHA256.finish(&copy, outer: outer)
        }
    }
}

/// The states are as good as the key: whoever has them can sign. Hence neither type shows them.
extension HMACSHA256: CustomStringConvertible, CustomReflectable {
    public var description: String { "HMACSHA256(<redacted>)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension HMACSHA256.Message: CustomStringConvertible, CustomReflectable {
    public var description: String { "HMACSHA256.Message(<redacted>)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
