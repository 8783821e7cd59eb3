/// A tenant has as many API keys as it may have: one has to be revoked before another is made.
public struct TooManyKeys: Error, Sendable, Equatable, CustomStringConvertible {
    public var description: String {
        "There are \(APIKeyStore.mostKeys) keys in use, which is as many as there may be. Revoke one that nobody needs "
            + "any more, or rotate one."
    }
}
