import OpenSSLKit

/// The token that Meta repeats as `hub.verify_token` when somebody sets the callback's address.
///
/// Digests are compared instead of the texts, so that neither the length nor the first difference shows in the time.
public struct HandshakeToken: Sendable {
    public struct BlankError: Error, Sendable, Equatable, CustomStringConvertible {
        public let problem = "is blank"
        public let expected = "the verify token that is entered in the Meta app's webhook settings"

        public var description: String { "\(problem); expected \(expected)" }
    }

    private let digest: SHA256Digest

    /// Refuses a blank token: anybody could take over the subscription with it.
    public init(_ token: String) throws(BlankError) {
        guard !token.isBlank else { throw BlankError() }
        digest = SHA256.hash(token)
    }

    /// `presented` is the parameter's value after percent-decoding.
    public func matches(_ presented: String) -> Bool {
        SHA256.hash(presented) == digest
    }
}
