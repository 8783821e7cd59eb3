/// Why a tenant is not as the operator asked for it.
public enum TenantError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another tenant has this number.
    case phoneNumberTaken(PhoneNumberID)

    public var description: String {
        switch self {
        case .phoneNumberTaken(let id): "phone number id \(id) belongs to another tenant already"
        }
    }
}
