/// Why a tenant's settings are not changed. Fields have the names of the API's JSON.
public enum ConfigError: Error, Sendable, Equatable, CustomStringConvertible {
    case unknownTenant
    /// The tenant has no number yet: the first time this field is needed.
    case missing(field: String)
    case invalid(field: String, rule: String)
    /// Another tenant has this number.
    case phoneNumberTaken(String)
    /// Somebody else changed the settings meanwhile; 0 where there are none.
    case versionConflict(current: Int64)
    /// The stored token does not open, so it cannot be bound to the new number: it has to be given again.
    case tokenUnreadable

    public var description: String {
        switch self {
        case .unknownTenant: "there is no tenant with this id"
        case .missing(let field): "\(field): is missing; the tenant has no number yet"
        case .invalid(let field, let rule): "\(field): \(rule)"
        case .phoneNumberTaken(let id): "phone number id \(id) belongs to another tenant already"
        case .versionConflict(let current): "the settings were changed meanwhile; they are at version \(current) now"
        case .tokenUnreadable:
            "access_token: the stored token cannot be opened, so it cannot go with the new number; give it again"
        }
    }

    /// The field of the API's JSON that is to blame; nil where none is.
    public var field: String? {
        switch self {
        case .unknownTenant, .versionConflict: nil
        case .missing(let field), .invalid(let field, _): field
        case .phoneNumberTaken: "phone_number_id"
        case .tokenUnreadable: "access_token"
        }
    }
}
