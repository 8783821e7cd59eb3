/// A tenant that was just created, with its API key, which is shown this once.
public struct CreatedTenant: Sendable {
    public let id: TenantID
    public let apiKey: APIKey
}
