internal import RedisClient

/// The Lua scripts of lanes and throttles. Each file says what it takes and returns.
enum LaneScripts {
    static let claim = script(PackageResources.claim_lua)
    static let hold = script(PackageResources.hold_lua)
    static let succeeded = script(PackageResources.succeeded_lua)
    static let reserve = script(PackageResources.reserve_lua)
    static let holdRecipient = script(PackageResources.hold_recipient_lua)
    static let pause = script(PackageResources.pause_lua)
    static let resume = script(PackageResources.resume_lua)
    static let list = script(PackageResources.list_lua)
    static let configure = script(PackageResources.configure_lua)
    static let lease = script(PackageResources.lease_lua)
    static let refund = script(PackageResources.refund_lua)
    static let refundRecipients = script(PackageResources.refund_recipients_lua)
    static let mend = script(PackageResources.mend_lua)

    private static func script(_ source: [UInt8]) -> RedisScript {
        RedisScript(source: String(decoding: source, as: UTF8.self))
    }
}

extension RedisError {
    /// A reply of another shape than the script promises.
    static func unexpectedReply(_ expected: String) -> RedisError {
        RedisError(.protocolViolation, mayHaveExecuted: true, detail: "expected \(expected)")
    }
}

extension RedisReply {
    /// An array of integers, or an error that names what was expected.
    func integers(_ expected: String) throws(RedisError) -> [Int64] {
        guard let elements else { throw RedisError.unexpectedReply(expected) }
        let numbers = elements.compactMap(\.integer)
        guard numbers.count == elements.count else { throw RedisError.unexpectedReply(expected) }
        return numbers
    }
}
