import LenientJSON

/// What is left of a webhook, a part of one, or a request without one customer.
///
/// Messages and statuses that are theirs are cut out of their lists; those of other people stay byte for byte, whatever
/// they say. Elsewhere each object that names the customer in a member of its own goes: a contact becomes `null`, so that
/// the others keep their places. What belongs to a tenant whom the erasure does not concern stays.
public struct CustomerRedaction: Sendable {
    public enum Outcome: Sendable, Equatable {
        case untouched
        /// Nothing is left, or it could not be told what is theirs.
        case removed
        case replaced([UInt8])
    }

    public struct Result: Sendable, Equatable {
        public var outcome: Outcome
        /// Ids of the messages that were cut out; for a participant's status of a message to a group, see
        /// ``ErasedName``.
        public var names: Set<String> = []

        static var untouched: Result { Result(outcome: .untouched) }
        static var removed: Result { Result(outcome: .removed) }
    }

    public let scope: ErasureScope
    private let identities: CustomerIdentities

    /// - Parameter identities: digits of phone numbers, and business-scoped ids.
    public init(identities: Set<String>, scope: ErasureScope) {
        self.scope = scope
        self.identities = CustomerIdentities(identities)
    }

    /// Of a job's payload: the body of a webhook, or a request to send.
    public func payload(_ bytes: [UInt8]) -> Result {
        redact(bytes) { walk, root in Self.isGone(root, &walk) }
    }

    /// Of a job in the short form, `{"type":…,"payload":{…}}`.
    public func shortForm(_ bytes: [UInt8]) -> Result {
        redact(bytes) { walk, root in Self.isGone(root["payload"] ?? root, &walk) }
    }

    private static func isGone(_ payload: JSONValue, _ walk: inout CustomerWalk) -> Bool {
        if let entries = payload["entry"], entries.isArray { return walk.body(payload, entries) }
        return walk.request(payload)
    }

    /// Of one change that was kept by itself; whose it is was found out already.
    public func change(_ bytes: [UInt8]) -> Result {
        redact(bytes) { walk, root in walk.change(root) }
    }

    /// Of one item that was kept raw; whose it is was found out already.
    public func item(_ bytes: [UInt8]) -> Result {
        redact(bytes) { walk, root in root["value"] != nil ? walk.change(root) : walk.value(root) }
    }

    /// Of bytes that do not show whose they are: operators may take them away.
    public func unowned(_ bytes: [UInt8]) -> Result {
        scope.takesUnclaimed && bytes.withUnsafeBytes(identities.areIn) ? .removed : .untouched
    }

    private func redact(_ bytes: [UInt8], _ body: (inout CustomerWalk, JSONValue) -> Bool) -> Result {
        guard bytes.withUnsafeBytes(identities.areIn) else { return .untouched }
        var parser = JSONParser()
        let walked = try? parser.withDocument(bytes) { root -> (walk: CustomerWalk, isGone: Bool) in
            var walk = CustomerWalk(identities: identities, scope: scope)
            let isGone = body(&walk, root)
            return (walk, isGone)
        }
        guard let (walk, isGone) = walked else { return unowned(bytes) }
        if isGone { return Result(outcome: .removed, names: walk.erased) }
        // Names that stand where no value is, in a key for example: then nothing can stay, unless it is another tenant's.
        if !walk.holdsForeign, walk.remainder(of: bytes).withUnsafeBytes(identities.areIn) {
            return Result(outcome: .removed, names: walk.erased)
        }
        guard !walk.edits.isEmpty else { return .untouched }
        return Result(outcome: .replaced(walk.applied(to: bytes)), names: walk.erased)
    }
}
