internal import ConsolePages
internal import Postgres
internal import Tenants

/// Somebody who is signed in, looking at a page.
enum Visit: Sendable {
    case tenant(TenantVisit)
    case `operator`(OperatorVisit)

    var viewer: PageViewer {
        switch self {
        case .tenant(let visit): visit.viewer
        case .operator(let visit): visit.viewer
        }
    }

    var csrf: String {
        switch self {
        case .tenant(let visit): visit.csrf
        case .operator(let visit): visit.csrf
        }
    }
}

/// A tenant, with the database as that tenant sees it.
struct TenantVisit: Sendable {
    let caller: TenantCaller
    let name: String
    let csrf: String

    var viewer: PageViewer { .tenant(id: "\(tenant)", name: name) }
    var tenant: TenantID { caller.tenant }
    var actor: AuditActor { caller.actor }
    var database: ScopedDatabase { caller.database }

    func frame(_ notice: PageNotice? = nil) -> PageFrame {
        PageFrame(viewer: viewer, csrf: csrf, now: .now, notice: notice)
    }
}

/// An operator, who sees all tenants.
struct OperatorVisit: Sendable {
    let caller: OperatorCaller
    let csrf: String

    var viewer: PageViewer { .operator }
    var actor: AuditActor { caller.actor }
    var database: any PostgresDatabase { caller.database }

    func frame(_ notice: PageNotice? = nil) -> PageFrame {
        PageFrame(viewer: viewer, csrf: csrf, now: .now, notice: notice)
    }
}
