/// Why a webhook's signature was not accepted. The cases tell a misconfigured sender from a wrong app secret; none holds
/// anything of what was sent.
public enum SignatureRejection: Error, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// There is no `X-Hub-Signature-256` header.
    case missingHeader
    /// The header is there more than once: another party might have checked the one that is not ours.
    case repeatedHeader
    /// The value does not start with `sha256=`.
    case wrongPrefix
    /// After `sha256=` there are not exactly 64 characters.
    case wrongLength
    /// One of the 64 characters is not of `0-9a-f`; Meta writes lowercase.
    case wrongDigit
    /// The header is well formed, but no app secret gives this signature for this body.
    case mismatch

    /// One word for a metric's label.
    public var label: String {
        switch self {
        case .missingHeader: "missing"
        case .repeatedHeader: "repeated"
        case .wrongPrefix: "prefix"
        case .wrongLength: "length"
        case .wrongDigit: "digit"
        case .mismatch: "mismatch"
        }
    }

    public var description: String {
        switch self {
        case .missingHeader: "there is no \(SignatureHeader.name) header"
        case .repeatedHeader: "there is more than one \(SignatureHeader.name) header"
        case .wrongPrefix: "the \(SignatureHeader.name) header does not start with sha256="
        case .wrongLength: "the \(SignatureHeader.name) header does not hold 64 digits after sha256="
        case .wrongDigit: "the \(SignatureHeader.name) header holds something other than lowercase hexadecimal digits"
        case .mismatch: "the signature belongs to another body or another app secret"
        }
    }
}
