/// What a caller wants changed in a tenant's settings; what is left alone keeps its value.
public struct ConfigChange: Sendable {
    public enum Field<Value: Sendable & Equatable>: Sendable {
        case keep
        case set(Value)

        func applied(to old: Value) -> Value {
            switch self {
            case .keep: old
            case .set(let new): new
            }
        }
    }

    public var phoneNumberID: Field<String> = .keep
    public var wabaID: Field<String?> = .keep
    /// As Meta told it when the number was looked up.
    public var displayPhoneNumber: Field<String?> = .keep
    public var isActive: Field<Bool> = .keep
    public var throttlePerSecond: Field<Int64> = .keep
    public var template: Field<TenantConfig.MessageTemplate?> = .keep
    public var defaultBody: Field<String?> = .keep
    public var linkHosts: Field<[String]> = .keep
    public var accessToken: Field<String> = .keep

    public init() {}

    /// Whether the number or its token is replaced: then the number's state begins anew, as `active`.
    var renewsNumber: Bool {
        if case .set = accessToken { return true }
        if case .set = phoneNumberID { return true }
        return false
    }
}
