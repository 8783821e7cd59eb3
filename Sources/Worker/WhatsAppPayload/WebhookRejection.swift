public import LenientJSON

/// Why a body is no WhatsApp webhook at all. Anything less than that is kept as an event instead.
public enum WebhookRejection: Error, Equatable, Sendable, CustomStringConvertible {
    case notJSON(JSONParsingError)
    /// The body is JSON, but not an object whose `object` is `whatsapp_business_account`.
    case notWhatsApp
    /// The body has no array `entry`.
    case noEntries

    /// A short, stable word for metrics and for the job's error.
    public var code: String {
        switch self {
        case .notJSON: "not-json"
        case .notWhatsApp: "not-whatsapp"
        case .noEntries: "no-entries"
        }
    }

    /// Says what is wrong; holds nothing of the body.
    public var description: String {
        switch self {
        case .notJSON(let error): "the body is not JSON: \(error)"
        case .notWhatsApp: "the body is not an object of kind whatsapp_business_account"
        case .noEntries: "the body has no entry array"
        }
    }
}
