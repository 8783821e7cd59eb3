public import Logging

/// Whether a piece of log metadata may be seen by whoever reads the logs.
///
/// Phone numbers, names, message texts and anything else about a customer are ``sensitive``; the handlers of
/// ``bootstrapLogging(_:)`` write `<redacted>` in their place. Write `"\(phone, sensitivity: .sensitive)"` or
/// `.sensitive(phone)` as the metadata's value; never put such a value into the message itself.
public enum Sensitivity: Int64, Logger.MetadataValueAttributes.Attribute {
    case open = 0
    case sensitive = 1
}

extension Logger.MetadataValue {
    /// A value that is written as `<redacted>`.
    public static func sensitive(_ value: some CustomStringConvertible & Sendable) -> Logger.MetadataValue {
        .attributed(value, attributes: [Sensitivity.sensitive])
    }

    var isSensitive: Bool {
        attributes[Sensitivity.self] == .sensitive
    }
}

extension Logger.MetadataValue.StringInterpolation {
    /// One sensitive piece makes the whole value sensitive, with its literal parts.
    public mutating func appendInterpolation(
        _ value: some CustomStringConvertible & Sendable, sensitivity: Sensitivity
    ) {
        switch sensitivity {
        case .sensitive: appendInterpolation(value, attributes: [Sensitivity.sensitive])
        // No attribute: it would take the place of a sensitive one from an earlier piece.
        case .open: appendInterpolation(value)
        }
    }
}
