import FoundationEssentials
import QueueAdministration
import Tenants

/// How `worker tenant list` shows tenants: to programs and to people.
enum TenantListing {
    private struct Item: Encodable {
        let tenantID: String
        let name: String
        let createdAt: String
        let disabledAt: String?
        let phoneNumberID: String?
        let wabaID: String?
        let isActive: Bool?
        let status: String?
        let statusReason: String?
        let accessToken: Token?

        struct Token: Encodable {
            let last4: String?
            let setAt: String

            enum CodingKeys: String, CodingKey {
                case last4
                case setAt = "set_at"
            }
        }

        enum CodingKeys: String, CodingKey {
            case tenantID = "tenant_id"
            case name
            case createdAt = "created_at"
            case disabledAt = "disabled_at"
            case phoneNumberID = "phone_number_id"
            case wabaID = "waba_id"
            case isActive = "is_active"
            case status
            case statusReason = "status_reason"
            case accessToken = "access_token"
        }
    }

    /// One line: an array of objects; what is not there is left out. Ids are texts, times RFC 3339 in UTC.
    static func json(_ tenants: [TenantSummary]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let items = tenants.map { tenant in
            Item(
                tenantID: tenant.id.description, name: tenant.name, createdAt: time(tenant.createdAt),
                disabledAt: tenant.disabledAt.map(time), phoneNumberID: tenant.number?.phoneNumberID,
                wabaID: tenant.number?.wabaID, isActive: tenant.number?.isActive, status: tenant.number?.status,
                statusReason: tenant.number?.statusReason,
                accessToken: tenant.number.map { .init(last4: $0.tokenLast4, setAt: time($0.tokenSetAt)) })
        }
        return String(decoding: try encoder.encode(items), as: UTF8.self)
    }

    /// A table with a heading; a sentence if there is nothing to list.
    static func text(_ tenants: [TenantSummary]) -> String {
        guard !tenants.isEmpty else { return "There are no tenants yet: worker tenant create --help" }
        let heading = ["ID", "NUMBER", "WABA", "STATE", "TOKEN", "CREATED", "NAME"]
        return TextTable.text(heading, tenants.map(cells))
    }

    private static func cells(_ tenant: TenantSummary) -> [String] {
        let number = tenant.number
        return [
            tenant.id.description, number?.phoneNumberID ?? "-", number?.wabaID ?? "-", state(tenant),
            number?.tokenLast4.map { "…" + $0 } ?? (number == nil ? "-" : "set"), time(tenant.createdAt),
            tenant.name,
        ]
    }

    private static func state(_ tenant: TenantSummary) -> String {
        if tenant.disabledAt != nil { return "disabled" }
        guard let number = tenant.number else { return "no number" }
        return number.isActive ? number.status : "inactive"
    }

    private static func time(_ microseconds: Int64) -> String {
        Date(timeIntervalSince1970: Double(microseconds / 1_000_000)).formatted(.iso8601)
    }
}
