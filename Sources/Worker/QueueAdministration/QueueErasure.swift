public import JobQueue
internal import NIOCore
public import RedisClient
public import WhatsAppPayload

/// Takes an erased customer out of everything that waits in one queue.
public struct QueueErasure: Sendable {
    /// What one pass found.
    public struct Pass: Sendable, Equatable {
        /// Jobs that were changed or removed.
        public var changed = 0
        /// Jobs that hold the customer still, because a worker has them in hand or they moved meanwhile.
        public var inHand = 0

        /// Nothing of the customer was met.
        public var isClean: Bool { changed == 0 && inHand == 0 }
    }

    private static let window = 64

    private struct Found {
        let job: ByteBuffer
        /// Nil: nothing.
        let rest: ByteBuffer?
    }

    private let keys: QueueKeys
    private let redis: any RedisCommandSender
    private let redaction: JobRedaction
    private let remember: @Sendable (Set<String>) async throws -> Void

    /// - Parameter remember: told the names of messages before the last trace of them goes, so that they do not come back.
    public init(
        keys: QueueKeys, redis: any RedisCommandSender, redaction: CustomerRedaction,
        remember: @escaping @Sendable (Set<String>) async throws -> Void
    ) {
        self.keys = keys
        self.redis = redis
        self.redaction = JobRedaction(redaction: redaction)
        self.remember = remember
    }

    /// One pass, in the direction in which jobs move: what moves on meanwhile is met further down. What moves back, out of
    /// a worker's hands, is met by the next pass, so that two clean ones in a row say that nothing is left.
    public func run() async throws -> Pass {
        var pass = Pass()
        try await erase(from: keys.scheduled, isSet: true, &pass)
        try await erase(from: keys.ready, isSet: false, &pass)
        for lane in try await redis.send(RedisCommand("ZRANGE", .text(keys.lanes), 0, -1)).elements ?? [] {
            if let number = lane.text { try await erase(from: keys.lanePrefix + number, isSet: false, &pass) }
        }
        for registry in [keys.workers, keys.departed] {
            for worker in try await redis.send(RedisCommand("ZRANGE", .text(registry), 0, -1)).elements ?? [] {
                guard let id = worker.text else { continue }
                var held = 0
                try await walk(keys.claimed(by: id), isSet: false) { found in
                    held += found.count
                    return 0
                }
                pass.inHand += held
            }
        }
        try await erase(from: keys.dead, isSet: true, &pass)
        return pass
    }

    private func erase(from key: String, isSet: Bool, _ pass: inout Pass) async throws {
        var (changed, inHand) = (0, 0)
        try await walk(key, isSet: isSet) { found in
            var removed = 0
            // One by one: an element may have megabytes.
            for one in found {
                let reply = try await redis.run(
                    AdministrationScripts.replace, keys: [key],
                    arguments: [.bytes(one.job), one.rest.map { .bytes($0) } ?? ""])
                guard reply.integer == 1 else {
                    inHand += 1
                    continue
                }
                changed += 1
                if one.rest == nil { removed += 1 }
            }
            return removed
        }
        pass.changed += changed
        pass.inHand += inHand
    }

    /// Hands over the jobs that hold the customer, page by page. What is pushed meanwhile moves others only to places that
    /// have not been read yet.
    /// - Parameter body: says how many of them it has removed.
    private func walk(_ key: String, isSet: Bool, _ body: ([Found]) async throws -> Int) async throws {
        var start = 0
        while true {
            let page =
                try await redis.send(
                    RedisCommand(
                        isSet ? "ZRANGE" : "LRANGE", .text(key), .integer(start), .integer(start + Self.window - 1))
                ).elements ?? []
            var (found, names): ([Found], Set<String>) = ([], [])
            for bytes in page.compactMap(\.bytes) {
                let result = redaction.rest(of: bytes)
                names.formUnion(result.names)
                switch result.outcome {
                case .untouched: continue
                case .removed: found.append(Found(job: bytes, rest: nil))
                case .replaced(let rest): found.append(Found(job: bytes, rest: ByteBuffer(bytes: rest)))
                }
            }
            if !names.isEmpty { try await remember(names) }
            let removed = found.isEmpty ? 0 : try await body(found)
            guard page.count == Self.window else { return }
            start += Self.window - removed
        }
    }
}
