internal import Tenants

/// A message that stands under an order's key already.
struct ExistingSend {
    let id: String
    let status: String
    let hash: [UInt8]
    /// JSON.
    let request: String
}

/// What the database knows that decides about an order.
struct SendContext {
    let tenantExists: Bool
    let tenantIsDisabled: Bool
    /// Nil where the tenant has no number.
    let number: String?
    let numberIsActive: Bool
    let hasTemplate: Bool
    let defaultBody: String?
    let linkHosts: [String]
    let existing: ExistingSend?

    /// Checks what the tenant's settings and the clock have a say in, and fills the tenant's words in.
    /// - Parameter now: Unix milliseconds.
    /// - Returns: the number that sends.
    func admit(_ request: inout SendRequest, now: Int64) throws(SendRefusal) -> String {
        guard tenantExists else { throw SendRefusal(.unknownTenant, "tenant", "is no tenant's id") }
        guard !tenantIsDisabled else {
            throw SendRefusal(.tenantDisabled, "tenant", "is disabled: an operator has switched it off")
        }
        guard let number else {
            throw SendRefusal(.numberMissing, "tenant", "has no WhatsApp number: set one in the settings")
        }
        guard numberIsActive else {
            throw SendRefusal(
                .numberInactive, "tenant", "has switched its WhatsApp number off: switch it on in the settings")
        }
        if case .quoteLink(var link) = request.content {
            let host = try LinkRule.host(of: link.url, field: "quote.url")
            guard LinkRule.allows(host, hosts: linkHosts) else {
                throw SendRefusal(
                    .linkHostNotAllowed, "quote.url",
                    "leads to a host that the settings do not allow; expected one of "
                        + linkHosts.joined(separator: ", "))
            }
            if link.body == nil { link.body = defaultBody ?? TenantConfig.standardBody }
            if let end = link.expiresAt, end <= now * 1_000 {
                throw SendRefusal(.expired, "quote.expires_at", "has passed already")
            }
            request.content = .quoteLink(link)
        }
        if request.onClosed == .template, !hasTemplate {
            switch request.content {
            case .quoteLink:
                throw SendRefusal(
                    .templateMissing, "on_closed",
                    "asks for a template, but the settings name none; expected wait or fail, or a template in the "
                        + "settings")
            case .text, .template: break
            }
        }
        if let end = request.expiresAt, end <= now * 1_000 {
            throw SendRefusal(.expired, "expires_at", "has passed already")
        }
        return number
    }
}
