import QueueAdministration
import Tenants

/// How `worker tenant list` shows tenants: to programs and to people.
enum TenantListing {
    /// One line: an array of objects; what is not there is left out. Ids are texts, times RFC 3339 in UTC.
    static func json(_ tenants: [TenantSummary]) -> String { JSONOutput.list(tenants.map(json)).line }

    private static func json(_ tenant: TenantSummary) -> JSONOutput {
        var members: [(String, JSONOutput)] = [
            ("tenant_id", .text(tenant.id.description)), ("name", .text(tenant.name)),
            ("created_at", .text(time(tenant.createdAt))),
        ]
        if let disabledAt = tenant.disabledAt { members.append(("disabled_at", .text(time(disabledAt)))) }
        guard let number = tenant.number else { return .object(members) }
        members.append(("phone_number_id", .text(number.phoneNumberID)))
        if let wabaID = number.wabaID { members.append(("waba_id", .text(wabaID))) }
        members += [("is_active", .bool(number.isActive)), ("status", .text(number.status))]
        if let reason = number.statusReason { members.append(("status_reason", .text(reason))) }
        var token: [(String, JSONOutput)] = [("set_at", .text(time(number.tokenSetAt)))]
        if let last4 = number.tokenLast4 { token.append(("last4", .text(last4))) }
        members.append(("access_token", .object(token)))
        return .object(members)
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
        Moment.text(milliseconds: microseconds / 1_000)
    }
}
