/// What an operator gives to create a tenant.
public struct NewTenant: Sendable {
    public let name: TenantName
    public let phoneNumberID: PhoneNumberID
    /// The WhatsApp business account, by which account and template events find the tenant.
    public let wabaID: WABAID?
    public let accessToken: AccessToken

    public init(name: TenantName, phoneNumberID: PhoneNumberID, wabaID: WABAID?, accessToken: AccessToken) {
        self.name = name
        self.phoneNumberID = phoneNumberID
        self.wabaID = wabaID
        self.accessToken = accessToken
    }
}
