internal import Tenants

/// Who asks, once that is known.
enum Caller: Sendable {
    case tenant(TenantID, actor: AuditActor)
    case `operator`(AuditActor)
}

/// A tenant's caller.
struct TenantCaller: Sendable {
    let tenant: TenantID
    let actor: AuditActor
}
