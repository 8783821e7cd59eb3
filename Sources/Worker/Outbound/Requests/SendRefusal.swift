/// Why a request can't be sent: which field is wrong, by which rule, in words for whoever wrote the request.
///
/// Holds nothing of the request's texts or numbers, so that it can be logged and stored.
public struct SendRefusal: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of rule was broken; stable, for programs.
    public enum Code: String, Sendable, CaseIterable {
        case invalidJSON = "invalid_json"
        case unknownField = "unknown_field"
        case missingField = "missing_field"
        case wrongType = "wrong_type"
        case unknownType = "unknown_type"
        case invalidValue = "invalid_value"
        case invalidText = "invalid_text"
        case tooLong = "too_long"
        case invalidRecipient = "invalid_recipient"
        case invalidLink = "invalid_link"
        case linkHostNotAllowed = "link_host_not_allowed"
        case invalidTime = "invalid_time"
        case expired
        case unknownTenant = "unknown_tenant"
        case tenantDisabled = "tenant_disabled"
        case numberMissing = "number_missing"
        case numberInactive = "number_inactive"
        case templateMissing = "template_missing"
        case unknownConversation = "unknown_conversation"
        /// The idempotency key stands for another request already. Only where a conflict has to be told as a refusal.
        case keyConflict = "key_conflict"
    }

    public let code: Code
    /// Path of the field, such as `quote.url`; empty for the request as a whole.
    public let field: String
    /// What is wrong and what is expected, a plain sentence without the field's name.
    public let rule: String

    public init(_ code: Code, _ field: String, _ rule: String) {
        self.code = code
        self.field = field
        self.rule = rule
    }

    public var description: String {
        field.isEmpty ? rule : "\(field): \(rule)"
    }
}
