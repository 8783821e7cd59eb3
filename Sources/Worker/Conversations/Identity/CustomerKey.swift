/// A customer as one message names them. Either identity may be missing, not both.
struct CustomerKey: Hashable {
    let tenant: Int64
    let phone: String?
    let userID: String?

    var phoneIdentity: Identity? { phone.map { Identity(tenant: tenant, kind: .phone, value: $0) } }
    var userIdentity: Identity? { userID.map { Identity(tenant: tenant, kind: .userID, value: $0) } }
}

/// A number or an id by which a tenant's customer is known.
struct Identity: Hashable, Comparable {
    enum Kind: String {
        case phone
        case userID = "user_id"
    }

    let tenant: Int64
    let kind: Kind
    let value: String

    static func < (left: Identity, right: Identity) -> Bool {
        (left.tenant, left.kind.rawValue, left.value) < (right.tenant, right.kind.rawValue, right.value)
    }
}
