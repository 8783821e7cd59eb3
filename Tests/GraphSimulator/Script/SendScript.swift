import TestSupport

/// The rules in force, and the draw by which they strike. Pure: the same requests are struck in the same way.
struct SendScript: Sendable {
    struct Attempt {
        var number: String
        var recipient: String
        var type: String
        /// Nil without callback data.
        var messageKey: String?
        /// Requests for this message before this one.
        var earlier: Int
    }

    let seed: UInt64
    private(set) var rules: [ScriptRule] = []

    init(seed: UInt64) {
        self.seed = seed
    }

    mutating func add(_ rule: ScriptRule) {
        rules.append(rule)
    }

    mutating func removeAll() {
        rules.removeAll()
    }

    /// The rule that strikes this attempt; its count is taken down.
    mutating func strike(_ attempt: Attempt) -> ScriptRule? {
        for index in rules.indices where matches(rules[index], attempt) {
            guard draw(rule: index, attempt) < rules[index].probability else { continue }
            let rule = rules[index]
            if let times = rule.times { rules[index].times = times - 1 }
            return rule
        }
        return nil
    }

    private func matches(_ rule: ScriptRule, _ attempt: Attempt) -> Bool {
        if let times = rule.times, times <= 0 { return false }
        if rule.firstAttemptOnly && attempt.earlier > 0 { return false }
        if let number = rule.number, number != attempt.number { return false }
        if let type = rule.type, type != attempt.type { return false }
        if let recipient = rule.recipient { return Self.plain(recipient) == Self.plain(attempt.recipient) }
        return true
    }

    /// From 0 to below 1.
    private func draw(rule: Int, _ attempt: Attempt) -> Double {
        guard rules[rule].probability < 1 else { return 0 }
        // FNV-1a over what identifies the attempt, stirred by the generator's own mixing.
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in (attempt.messageKey ?? attempt.recipient).utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var random = SeededRandom(seed: seed ^ hash &+ UInt64(rule) &* 0x51_7cc1 &+ UInt64(attempt.earlier))
        return Double(random.next() >> 11) / Double(1 << 53)
    }

    private static func plain(_ recipient: String) -> Substring {
        recipient.utf8.first == UInt8(ascii: "+") ? recipient.dropFirst() : recipient[...]
    }
}
