public import JobQueue
public import RedisClient

/// How fast one recipient may get messages from one number: one in 6 s, up to 45 at once borrowed from the time to come.
/// In Redis, shared by all workers.
public struct RecipientThrottle: Sendable {
    /// Milliseconds between two messages.
    public static let interval: Int64 = 6_000
    public static let burst: Int64 = 45

    /// May it go now, or when?
    public struct Reservation: Sendable, Equatable {
        /// Milliseconds to wait; 0: it goes now.
        public var wait: Int64
        /// The place in line that is reserved for it, in Unix milliseconds, to be shown when it comes again.
        public var place: Int64
    }

    private let keys: QueueKeys
    private let client: any RedisCommandSender

    public init(keys: QueueKeys, client: any RedisCommandSender) {
        self.keys = keys
        self.client = client
    }

    /// Asks for all sends of a batch, in order, in one step. A send that must wait has its place from then on: it comes
    /// again then, with ``Turn/place`` set, and is not passed by those that came later.
    public func reserve(_ turns: [Turn]) async throws(RedisError) -> [Reservation] {
        guard !turns.isEmpty else { return [] }
        var arguments: [RedisArgument] = [
            .text(keys.rateOfRecipientPrefix), .integer(Self.interval), .integer(Self.burst),
        ]
        for turn in turns {
            arguments.append(.text(Self.name(turn.number, turn.recipientKey)))
            arguments.append(.integer(turn.place ?? 0))
        }
        let numbers = try await client.run(LaneScripts.reserve, keys: [keys.lanes], arguments: arguments)
            .integers("reserve: a wait and a place for each send")
        guard numbers.count == 2 * turns.count else {
            throw RedisError.unexpectedReply("reserve: a wait and a place for each send")
        }
        return turns.indices.map { Reservation(wait: numbers[2 * $0], place: numbers[2 * $0 + 1]) }
    }

    /// Holds one recipient back because Meta refused for the pair's limit; afterwards there is nothing left to borrow.
    public func hold(number: String, recipientKey: String, milliseconds: Int64) async throws(RedisError) {
        _ = try await client.run(
            LaneScripts.holdRecipient, keys: [keys.rateOfRecipientPrefix + Self.name(number, recipientKey)],
            arguments: [.integer(milliseconds), .integer(Self.interval), .integer(Self.burst)])
    }

    /// Gives back the places that these had reserved and do not take.
    public func refund(_ turns: [Turn]) async throws(RedisError) {
        guard !turns.isEmpty else { return }
        _ = try await client.run(
            LaneScripts.refundRecipients, keys: [keys.lanes],
            arguments: [.text(keys.rateOfRecipientPrefix), .integer(Self.interval)]
                + turns.map { .text(Self.name($0.number, $0.recipientKey)) })
    }

    private static func name(_ number: String, _ recipientKey: String) -> String { "\(number):\(recipientKey)" }
}
