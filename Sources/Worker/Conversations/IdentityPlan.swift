/// A customer as one message names them. Either identity may be missing, not both.
struct CustomerKey: Hashable {
    let tenant: Int64
    let phone: String?
    let userID: String?
}

/// What the database knows of a customer.
struct KnownCustomer: Equatable {
    var byPhone: Int64?
    var byUserID: Int64?
    /// Whether the conversation of the phone number belongs to some business-scoped user id already.
    var phoneHasUserID = false

    /// The conversation if nothing has to be written for it.
    func settled(for key: CustomerKey) -> Int64? {
        switch (key.phone, key.userID) {
        case (.some, .some): return byPhone != nil ? byUserID : nil
        case (.some, nil): return byPhone
        case (nil, .some): return byUserID
        case (nil, nil): return nil
        }
    }
}

/// Decides, customer by customer, which conversations to open and which identities to tie to them. Pure.
struct IdentityPlan {
    enum Place: Hashable {
        case existing(Int64)
        /// Index into `newConversations`.
        case opened(Int)
    }

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

    /// The tenant of each conversation to open.
    private(set) var newConversations: [Int64] = []
    /// Identities to write, new ones and moved ones.
    private(set) var links: [Identity: Place] = [:]
    private var withUserID: Set<Place> = []

    /// The conversation of a customer. The business-scoped user id decides: a phone number may be given to another
    /// person, a user id never is. So a number that comes with a new user id moves away from a person who has one.
    mutating func place(_ key: CustomerKey, known: KnownCustomer) -> Place {
        let phone = key.phone.map { Identity(tenant: key.tenant, kind: .phone, value: $0) }
        let userID = key.userID.map { Identity(tenant: key.tenant, kind: .userID, value: $0) }
        let phonePlace = phone.flatMap { links[$0] ?? known.byPhone.map(Place.existing) }
        let userPlace = userID.flatMap { links[$0] ?? known.byUserID.map(Place.existing) }
        if known.phoneHasUserID, let conversation = known.byPhone { withUserID.insert(.existing(conversation)) }

        if let userPlace {
            if let phone, phonePlace == nil { links[phone] = userPlace }
            return userPlace
        }
        if let phonePlace, userID == nil || !withUserID.contains(phonePlace) {
            if let userID {
                links[userID] = phonePlace
                withUserID.insert(phonePlace)
            }
            return phonePlace
        }
        let place = Place.opened(newConversations.count)
        newConversations.append(key.tenant)
        if let phone { links[phone] = place }
        if let userID {
            links[userID] = place
            withUserID.insert(place)
        }
        return place
    }
}
