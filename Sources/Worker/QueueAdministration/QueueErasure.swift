public import JobQueue
internal import NIOCore
public import RedisClient

/// Takes an erased customer out of everything that waits in one queue.
public struct QueueErasure: Sendable {
    private static let window = 64

    private let keys: QueueKeys
    private let redis: any RedisCommandSender
    private let redaction: PayloadRedaction

    /// - Parameter identities: numbers and ids by which the customer was known.
    public init(keys: QueueKeys, redis: any RedisCommandSender, identities: Set<String>) {
        self.keys = keys
        self.redis = redis
        redaction = PayloadRedaction(identities: identities)
    }

    /// One pass.
    /// - Returns: how many jobs were changed or removed, and how many hold the customer still because a worker has them
    ///   in hand: run it again a moment later.
    public func run() async throws -> (changed: Int, inHand: Int) {
        var changed = try await list(keys.ready)
        for lane in try await redis.send(RedisCommand("ZRANGE", .text(keys.lanes), 0, -1)).elements ?? [] {
            if let number = lane.text { changed += try await list(keys.lanePrefix + number) }
        }
        changed += try await set(keys.scheduled)
        changed += try await set(keys.dead)
        var inHand = 0
        for registry in [keys.workers, keys.departed] {
            for worker in try await redis.send(RedisCommand("ZRANGE", .text(registry), 0, -1)).elements ?? [] {
                guard let id = worker.text else { continue }
                inHand += try await jobs("LRANGE", keys.claimed(by: id)).count
            }
        }
        return (changed, inHand)
    }

    private func list(_ key: String) async throws -> Int { try await replace(try await jobs("LRANGE", key), in: key) }
    private func set(_ key: String) async throws -> Int { try await replace(try await jobs("ZRANGE", key), in: key) }

    /// Jobs that hold the customer, each with what it is without them; nil for nothing. What is pushed meanwhile moves
    /// others only to places that have not been read yet.
    private func jobs(_ command: String, _ key: String) async throws -> [(job: ByteBuffer, rest: ByteBuffer?)] {
        var found: [(job: ByteBuffer, rest: ByteBuffer?)] = []
        var start = 0
        while true {
            let page =
                try await redis.send(
                    RedisCommand(command, .text(key), .integer(start), .integer(start + Self.window - 1))
                ).elements ?? []
            for bytes in page.compactMap(\.bytes) {
                switch rest(of: bytes) {
                case .untouched: continue
                case .removed: found.append((bytes, nil))
                case .replaced(let rest): found.append((bytes, ByteBuffer(bytes: rest)))
                }
            }
            guard page.count == Self.window else { return found }
            start += Self.window
        }
    }

    private func rest(of bytes: ByteBuffer) -> PayloadRedaction.Outcome {
        guard let job = try? JobElement(bytes) else {
            return redaction.apply(to: Array(bytes.readableBytesView)) == .untouched ? .untouched : .removed
        }
        let payload = Array(job.payload.readableBytesView)
        if job.header.type == "unreadable" {
            // The element as it was, in base64.
            let original = Self.base64Decoded(payload)
            return original.withUnsafeBytes(redaction.holdsName) ? .removed : .untouched
        }
        switch redaction.apply(to: payload) {
        case .untouched:
            return bytes.withUnsafeReadableBytes(redaction.holdsName) ? .removed : .untouched
        case .removed:
            return .removed
        case .replaced(let rest):
            let element = JobElement(header: job.header, payload: ByteBuffer(bytes: rest))
            return .replaced(Array(element.bytes.readableBytesView))
        }
    }

    /// The bytes behind base64; what is no letter of it is passed over.
    private static func base64Decoded(_ text: [UInt8]) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var values = [UInt8?](repeating: nil, count: 256)
        for (value, letter) in alphabet.enumerated() { values[Int(letter)] = UInt8(value) }
        var (bytes, word, bits): ([UInt8], UInt32, Int) = ([], 0, 0)
        for letter in text {
            guard let value = values[Int(letter)] else { continue }
            word = word << 6 | UInt32(value)
            bits += 6
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(bits)))
        }
        return bytes
    }

    private func replace(_ jobs: [(job: ByteBuffer, rest: ByteBuffer?)], in key: String) async throws -> Int {
        var changed = 0
        // One by one: an element may have megabytes.
        for (job, rest) in jobs {
            let reply = try await redis.run(
                AdministrationScripts.replace, keys: [key], arguments: [.bytes(job), rest.map { .bytes($0) } ?? ""])
            changed += Int(reply.integer ?? 0)
        }
        return changed
    }
}
