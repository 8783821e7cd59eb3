public import JobQueue
internal import NIOCore
public import RedisClient

/// The lanes of the numbers in Redis, shared by all workers: what waits in them, what pauses them, what slows them down.
///
/// Every call is one script, or one command, on Redis' own clock.
public struct OutboundLanes: Sendable {
    /// The first hold of a number, the longest, and how much of it is left to chance.
    private static let firstHold: Int64 = 1_000
    private static let longestHold: Int64 = 30_000
    /// What Meta may ask for at most: a day later one send finds out.
    private static let longestAsked: Int64 = 86_400_000
    /// How far ahead a lane's next time is at most, save for a hold: that of a paused one, which is looked at every 5 s.
    private static let longestLook: Int64 = 6_000
    private static let jitter = 0.8...1.2
    /// Turns in one push, so that Redis answers others in between.
    private static let turnsPerPush = 500

    public let keys: QueueKeys
    private let client: any RedisCommandSender

    public init(keys: QueueKeys, client: any RedisCommandSender) {
        self.keys = keys
        self.client = client
    }

    /// Gives messages their turn: they wait in `ready` to be admitted to their lanes.
    /// - Parameter receivedAt: Unix milliseconds at which the sends were accepted; now if left out.
    public func pushTurns(_ turns: [Turn], receivedAt: Int64? = nil) async throws(RedisError) {
        var rest = turns[...]
        while !rest.isEmpty {
            let elements = rest.prefix(Self.turnsPerPush).map {
                RedisArgument.bytes($0.element(receivedAt: receivedAt).bytes)
            }
            rest = rest.dropFirst(Self.turnsPerPush)
            _ = try await client.send(RedisCommand("LPUSH", arguments: [.text(keys.ready)] + elements))
        }
    }

    // MARK: - Pausing

    /// Pauses a number: no worker takes anything from its lane from now on.
    /// - Returns: whether this call paused it, and the pause that stands now: an earlier one stays as it is.
    @discardableResult
    public func pause(
        number: String, reason: String, by actor: String = LanePause.program
    ) async throws(RedisError) -> (changed: Bool, pause: LanePause) {
        let reply = try await client.run(
            LaneScripts.pause, keys: [keys.pausedLanes, keys.lanes],
            arguments: [.text(number), Self.quoted(actor), Self.quoted(reason)])
        guard let elements = reply.elements, elements.count == 2, let note = elements[1].text else {
            throw RedisError.unexpectedReply("pause: whether it changed, and the note")
        }
        return (elements[0].integer == 1, LanePause(text: note))
    }

    /// Lets a paused number go on at once; a hold that Meta asked for stays.
    /// - Returns: the pause that ended; nil if the number was not paused.
    @discardableResult
    public func resume(number: String) async throws(RedisError) -> LanePause? {
        try await end("pause", of: number).pause
    }

    /// Lets a number go on at once, whether it was paused or held: for a person who knows better than what Meta asked for.
    /// If Meta still refuses, the next refusal holds it again.
    @discardableResult
    public func release(number: String) async throws(RedisError) -> LaneRelease {
        try await end("all", of: number)
    }

    private func end(_ what: RedisArgument, of number: String) async throws(RedisError) -> LaneRelease {
        let reply = try await client.run(
            LaneScripts.resume,
            keys: [
                keys.pausedLanes, keys.lanes, keys.lane(of: number), keys.wake, keys.rateOfNumberPrefix + number,
            ], arguments: [.text(number), what])
        guard let elements = reply.elements, elements.count == 2, let held = elements[1].integer else {
            throw RedisError.unexpectedReply("resume: a note, and a time")
        }
        return LaneRelease(
            pause: elements[0].text.map(LanePause.init(text:)), heldUntil: held > 0 ? held : nil)
    }

    /// The paused numbers.
    public func paused() async throws(RedisError) -> [String: LanePause] {
        let reply = try await client.send(RedisCommand("HGETALL", .text(keys.pausedLanes)))
        var paused: [String: LanePause] = [:]
        for (number, note) in try Self.pairs(reply) { paused[number] = LanePause(text: note) }
        return paused
    }

    /// Every lane that holds something or is paused, by number.
    public func list() async throws(RedisError) -> [LaneReport] {
        let reply = try await client.run(
            LaneScripts.list, keys: [keys.lanes, keys.pausedLanes, keys.rateNumbers],
            arguments: [
                .text(keys.lanePrefix), .text(keys.rateOfNumberPrefix), .integer(LaneSetting.defaultPerSecond),
            ])
        guard let all = reply.elements, all.count % 6 == 1, let now = all[0].integer else {
            throw RedisError.unexpectedReply("list: six values for each lane")
        }
        return stride(from: 1, to: all.count, by: 6).map { index in
            let note = all[index + 5].text ?? ""
            let (next, held) = (all[index + 2].integer ?? -1, all[index + 3].integer ?? 0)
            return LaneReport(
                number: all[index].text ?? "", waiting: all[index + 1].integer ?? 0,
                nextAt: next < 0 || !note.isEmpty ? nil : next, heldUntil: held > now ? held : nil,
                perSecond: all[index + 4].integer ?? 0, pause: note.isEmpty ? nil : LanePause(text: note))
        }.sorted { $0.number < $1.number }
    }

    // MARK: - Throttles

    /// Keeps what the tenants have set; numbers that are not named go back to the defaults. Workers follow with their
    /// next claim.
    /// - Returns: whether anything changed.
    @discardableResult
    public func configure(_ settings: [LaneSetting]) async throws(RedisError) -> Bool {
        let reply = try await client.run(
            LaneScripts.configure, keys: [keys.rateNumbers],
            arguments: settings.flatMap { [.text($0.number), .text($0.text)] })
        return (reply.integer ?? 0) > 0
    }

    /// Keeps what one tenant has just set.
    public func set(_ setting: LaneSetting) async throws(RedisError) {
        _ = try await client.send(
            RedisCommand("HSET", .text(keys.rateNumbers), .text(setting.number), .text(setting.text)))
    }

    /// Holds a number back because Meta refused for its rate: about a second at first, twice as long each time until a
    /// send succeeds, at most half a minute. Refusals of sends that began before the last hold ended change nothing.
    /// - Parameter sentAgo: milliseconds since the refused send began.
    /// - Returns: milliseconds for which it is held.
    @discardableResult
    public func hold(number: String, sentAgo: Int64 = 0) async throws(RedisError) -> Int64 {
        let first = Double(Self.firstHold) * Double.random(in: Self.jitter)
        return try await hold([number], "more", Int64(first), most: Self.longestHold, sentAgo: sentAgo).first ?? 0
    }

    /// Holds a number back for as long as Meta asked.
    @discardableResult
    public func hold(number: String, milliseconds: Int64) async throws(RedisError) -> Int64 {
        try await hold([number], "for", milliseconds, most: Self.longestAsked, sentAgo: 0).first ?? 0
    }

    /// Holds all numbers of a WABA back: the limit is the app's or the account's.
    /// - Parameter number: the one that was refused; held also if nobody has said which WABA it belongs to.
    public func holdApp(waba: String, number: String, milliseconds: Int64) async throws(RedisError) {
        var numbers: Set<String> = [number]
        let settings = try Self.pairs(try await client.send(RedisCommand("HGETALL", .text(keys.rateNumbers))))
        for (other, setting) in settings where LaneSetting.waba(in: setting) == waba {
            numbers.insert(other)
        }
        _ = try await hold(Array(numbers), "for", milliseconds, most: Self.longestAsked, sentAgo: 0)
    }

    /// Lets go what waits for a time that lies too far ahead: Redis' clock was ahead when it was set, and has been put
    /// right since.
    /// - Returns: how many lanes did.
    @discardableResult
    public func mend() async throws(RedisError) -> Int64 {
        let reply = try await client.run(
            LaneScripts.mend, keys: [keys.lanes, keys.wake],
            arguments: [.text(keys.rateOfNumberPrefix), .integer(Self.longestLook), .integer(Self.longestAsked)])
        return reply.integer ?? 0
    }

    /// Sends of these numbers were accepted: their next hold begins small again.
    public func succeeded(numbers: some Sequence<String> & Sendable) async throws(RedisError) {
        _ = try await client.run(
            LaneScripts.succeeded, keys: [keys.lanes],
            arguments: [.text(keys.rateOfNumberPrefix)] + numbers.map { .text($0) })
    }

    /// Gives back what turns have paid that led to no request, so that their numbers' next ones may go as early as if those
    /// had not been claimed.
    /// - Parameter unused: how many of each number.
    public func refund(_ unused: [String: Int]) async throws(RedisError) {
        guard !unused.isEmpty else { return }
        _ = try await client.run(
            LaneScripts.refund, keys: [keys.lanes, keys.rateNumbers, keys.wake],
            arguments: [
                .text(keys.rateOfNumberPrefix), .integer(LaneSetting.defaultPerSecond), .integer(LaneClaimer.credit),
            ] + unused.flatMap { [.text($0.key), .integer($0.value)] })
    }

    /// Lets one worker do something that all would do.
    /// - Parameter milliseconds: until another one may.
    /// - Returns: whether it is the caller who may.
    public func lease(_ name: String, milliseconds: Int64) async throws(RedisError) -> Bool {
        try await client.run(
            LaneScripts.lease, keys: [keys.lanes, keys.lock(name)], arguments: [.integer(milliseconds)]
        ).integer == 1
    }

    private func hold(
        _ numbers: [String], _ mode: RedisArgument, _ milliseconds: Int64, most: Int64, sentAgo: Int64
    ) async throws(RedisError) -> [Int64] {
        try await client.run(
            LaneScripts.hold, keys: [keys.lanes],
            arguments: [
                .text(keys.rateOfNumberPrefix), mode, .integer(milliseconds), .integer(most), .integer(sentAgo),
            ] + numbers.map { .text($0) }
        ).integers("hold: a time for each number")
    }

    // MARK: - Replies

    private static func pairs(_ reply: RedisReply) throws(RedisError) -> [(String, String)] {
        guard let elements = reply.elements, elements.count % 2 == 0 else {
            throw RedisError.unexpectedReply("fields and values")
        }
        return stride(from: 0, to: elements.count, by: 2).map {
            (elements[$0].text ?? "", elements[$0 + 1].text ?? "")
        }
    }

    private static func quoted(_ text: String) -> RedisArgument {
        var buffer = ByteBuffer()
        JSONString.write(text, into: &buffer)
        return .bytes(buffer)
    }
}

extension QueueKeys {
    /// HASH of what the tenants have set: number -> sends per second and WABA.
    public var rateNumbers: String { ratePrefix + "numbers" }
    /// What the name of every number's throttle begins with.
    public var rateOfNumberPrefix: String { ratePrefix + "number:" }
    /// What the name of every recipient's throttle begins with.
    var rateOfRecipientPrefix: String { ratePrefix + "recipient:" }
}
