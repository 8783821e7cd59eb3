import OpenSSLKit

/// Checks that a webhook's body was signed with one of our app secrets.
///
/// The signature is over the raw bytes as received (Meta escapes the text before it signs), so nothing may touch the body
/// before it is hashed here. While a secret is being rotated there are several; the verdict says which one matched.
public struct WebhookSignatureVerifier: Sendable {
    public enum Verdict: Sendable, Equatable {
        /// Signed with the secret of this position, counted from 0 in the order of configuration.
        case valid(secretIndex: Int)
        case rejected(SignatureRejection)
    }

    private let primary: HMACSHA256
    private let others: [HMACSHA256]

    /// How many secrets are configured.
    public var secretCount: Int { 1 + others.count }

    /// Refuses an empty list and blank secrets: anybody could sign with those.
    public init(secrets: [String]) throws(AppSecretError) {
        for (index, secret) in secrets.enumerated() where secret.isBlank {
            let which = secrets.count == 1 ? "is blank" : "secret \(index + 1) of \(secrets.count) is blank"
            throw AppSecretError(problem: which)
        }
        guard let first = secrets.first else { throw AppSecretError(problem: "holds no secret") }
        primary = HMACSHA256(key: first)
        others = secrets.dropFirst().map { HMACSHA256(key: $0) }
    }

    /// Takes one secret or several separated by commas; white space around a secret is not part of it.
    public init(commaSeparated text: String) throws(AppSecretError) {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        try self.init(secrets: parts.map { String($0.trimmingBlanks()) })
    }

    /// Checks a body that is all there against all values of the header.
    public func verify(headerValues: [String], body: UnsafeRawBufferPointer) -> Verdict {
        do throws(SignatureRejection) {
            return verify(try SignatureHeader(values: headerValues), body: body)
        } catch {
            return .rejected(error)
        }
    }

    public func verify(headerValues: [String], body: [UInt8]) -> Verdict {
        body.withUnsafeBytes { verify(headerValues: headerValues, body: $0) }
    }

    public func verify(_ header: SignatureHeader, body: UnsafeRawBufferPointer) -> Verdict {
        if primary.authenticate(body) == header.digest { return .valid(secretIndex: 0) }
        for (index, other) in others.enumerated() where other.authenticate(body) == header.digest {
            return .valid(secretIndex: index + 1)
        }
        return .rejected(.mismatch)
    }

    /// The start of a body that arrives in chunks.
    public func begin() -> BodySignature {
        BodySignature(primary: primary.begin(), others: others.isEmpty ? [] : others.map { $0.begin() })
    }

    /// The signatures of a body being received, one for each secret: a value that can live inside a channel handler. With
    /// one secret nothing is allocated.
    public struct BodySignature: Sendable {
        private var primary: HMACSHA256.Message
        private var others: [HMACSHA256.Message]

        fileprivate init(primary: HMACSHA256.Message, others: [HMACSHA256.Message]) {
            self.primary = primary
            self.others = others
        }

        public mutating func update(_ chunk: UnsafeRawBufferPointer) {
            primary.update(chunk)
            if others.isEmpty { return }
            for index in others.indices {
                others[index].update(chunk)
            }
        }

        public mutating func update(_ chunk: [UInt8]) {
            chunk.withUnsafeBytes { update($0) }
        }

        /// The verdict on what was received so far.
        public func finish(_ header: SignatureHeader) -> Verdict {
            if primary.finalized() == header.digest { return .valid(secretIndex: 0) }
            if others.isEmpty { return .rejected(.mismatch) }
            for (index, other) in others.enumerated() where other.finalized() == header.digest {
                return .valid(secretIndex: index + 1)
            }
            return .rejected(.mismatch)
        }
    }
}
