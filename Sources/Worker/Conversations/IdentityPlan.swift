/// A customer as one message names them. Either identity may be missing, not both.
struct CustomerKey: Hashable {
    let tenant: Int64
    let phone: String?
    let userID: String?

    var phoneIdentity: IdentityPlan.Identity? {
        phone.map { IdentityPlan.Identity(tenant: tenant, kind: .phone, value: $0) }
    }
    var userIdentity: IdentityPlan.Identity? {
        userID.map { IdentityPlan.Identity(tenant: tenant, kind: .userID, value: $0) }
    }
}

/// Decides, customer by customer, which conversations to open or merge and whose each identity is. Pure.
///
/// A business-scoped user id is one person's for ever; a phone number is given away and comes back to somebody else. So
/// where two ids claim a number, it belongs to the one seen with it last, and what came from it before stays with whom
/// it belonged to then. Identities first seen together are one person's, and their conversations merge; two people with
/// an id each are never merged, unless WhatsApp says that one id replaced the other.
struct IdentityPlan {
    enum Place: Hashable, Comparable {
        case existing(Int64)
        /// Index into `opened`.
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

    /// Whose an identity is, and whose it was before. Times are microseconds since 1970.
    struct Holding: Equatable {
        var holder: Place?
        var since: Int64?
        var previous: Place?
        /// Whether it is known that the holder did not have it before, even if nobody else is known who did.
        var isAcquired = false

        func holder(at time: Int64) -> Place? {
            guard let since, time < since else { return holder }
            return previous ?? (isAcquired ? nil : holder)
        }
    }

    /// A number that goes to another conversation, with the messages that named their customer by it alone.
    struct Handover {
        let phone: Identity
        let from: Place
        let to: Place
        let since: Int64
    }

    /// In the order in which they happen. The identity tells of the last one only.
    private(set) var handovers: [Handover] = []
    /// The tenant of each new conversation; those that were merged away at once are not to be opened.
    private(set) var opened: [Int64] = []
    /// Identities to write.
    private(set) var changed: Set<Identity> = []
    private var holdings: [Identity: Holding]
    private var merged: [Place: Place] = [:]
    private var withUserID: Set<Place>

    /// - Parameters:
    ///   - holdings: what is known of the identities that will be asked about.
    ///   - withUserID: which of their conversations have a business-scoped id.
    init(holdings: [Identity: Holding] = [:], withUserID: Set<Place> = []) {
        self.holdings = holdings
        self.withUserID = withUserID
    }

    /// Where a conversation lives on.
    func root(_ place: Place) -> Place {
        var place = place
        while let next = merged[place] { place = next }
        return place
    }

    /// A holding with its conversations as they are after all merges.
    func holding(of identity: Identity) -> Holding {
        let holding = holdings[identity] ?? Holding()
        return Holding(
            holder: holding.holder.map(root), since: holding.since, previous: holding.previous.map(root),
            isAcquired: holding.isAcquired)
    }

    /// Conversations that end, each with the one that it lives on in, in order.
    var merges: [(ended: Int64, into: Place)] {
        merged.keys.compactMap { place in
            guard case .existing(let id) = place else { return nil }
            return (ended: id, into: root(place))
        }.sorted { $0.ended < $1.ended }
    }

    /// Indices of `opened` that are to be written.
    var living: [Int] { opened.indices.filter { merged[.opened($0)] == nil } }

    /// The conversation of a customer who was named so at that time, in microseconds.
    mutating func place(_ key: CustomerKey, at time: Int64) -> Place {
        guard let user = key.userIdentity else { return place(phone: key.phoneIdentity, at: time, tenant: key.tenant) }
        guard let phone = key.phoneIdentity else {
            return holder(of: user, at: time) ?? link(user, to: open(key.tenant))
        }
        let (person, line) = (holder(of: user, at: time), holder(of: phone, at: time))
        switch (person, line) {
        case (nil, nil):
            let place = link(user, to: open(key.tenant))
            take(phone, for: place, at: time)
            return place
        case (.some(let person), nil):
            take(phone, for: person, at: time)
            return person
        case (nil, .some(let line)):
            if withUserID.contains(line) {
                let place = link(user, to: open(key.tenant))
                move(phone, from: line, to: place, at: time)
                return place
            }
            witness(phone, at: time)
            return link(user, to: line)
        case (.some(let person), .some(let line)):
            if person == line {
                witness(phone, at: time)
                return person
            }
            if withUserID.contains(line) {
                move(phone, from: line, to: person, at: time)
                return person
            }
            witness(phone, at: time)
            return merge(person, line)
        }
    }

    /// The number was seen with its holder's id. The earliest such sighting counts: what somebody else is seen with
    /// before it was theirs then.
    private mutating func witness(_ phone: Identity, at time: Int64) {
        guard var holding = holdings[phone], holding.previous == nil, time < holding.since ?? .max else { return }
        holding.since = time
        holdings[phone] = holding
        changed.insert(phone)
    }

    /// A number seen by itself.
    private mutating func place(phone: Identity?, at time: Int64, tenant: Int64) -> Place {
        guard let phone else { return open(tenant) }
        if let holder = holder(of: phone, at: time) { return holder }
        let place = open(tenant)
        take(phone, for: place, at: time, isWitnessed: false)
        return place
    }

    /// What WhatsApp says about a person whose number or id was replaced. Returns the person's conversation.
    mutating func apply(_ change: IdentityChange) -> Place {
        var person = former(change)
        if let user = change.new.userIdentity, change.namesPreviousUserID || !withUserID.contains(person) {
            if let other = holder(of: user, at: change.time) {
                person = merge(person, other)
            } else {
                person = link(user, to: person)
            }
        } else if change.new.userID != nil {
            // Nothing ties the new id to the old one: whoever has it has the number too.
            _ = place(change.new, at: change.time)
            release(change, of: person)
            return root(person)
        }
        if let phone = change.new.phoneIdentity {
            if let other = holder(of: phone, at: change.time) {
                // Who wrote from it before is somebody else.
                if other != person { move(phone, from: other, to: person, at: change.time) }
            } else {
                take(phone, for: person, at: change.time, isAcquired: true)
            }
        }
        release(change, of: person)
        return root(person)
    }

    /// Whom a change is about. Before the first sighting of its holder a number may have been somebody else's: a message
    /// could follow them later, what a change does could not.
    private mutating func former(_ change: IdentityChange) -> Place {
        guard change.old.userID == nil, let phone = change.old.phoneIdentity, let holding = holdings[phone],
            let since = holding.since, change.time < since, holding.previous == nil
        else { return place(change.old, at: change.time) }
        let place = open(change.old.tenant)
        take(phone, for: place, at: change.time)
        return place
    }

    /// The number that was given up is nobody's from then on, but what came from it before stays where it is.
    private mutating func release(_ change: IdentityChange, of person: Place) {
        guard change.isNumberChange, let phone = change.old.phoneIdentity, let new = change.new.phoneIdentity,
            phone != new, var holding = holdings[phone]
        else { return }
        let since = holding.since ?? .min
        if let holder = holding.holder, root(holder) == root(person), since <= change.time {
            holding = Holding(holder: nil, since: change.time + 1, previous: holder)
        } else if let previous = holding.previous, root(previous) == root(person), since > change.time + 1 {
            // Who has it now has had it since then, as far as anybody knows.
            holding.since = change.time + 1
        } else {
            return
        }
        holdings[phone] = holding
        changed.insert(phone)
    }

    private func holder(of identity: Identity, at time: Int64) -> Place? {
        holdings[identity]?.holder(at: time).map(root)
    }

    private mutating func open(_ tenant: Int64) -> Place {
        opened.append(tenant)
        return .opened(opened.count - 1)
    }

    private mutating func link(_ user: Identity, to place: Place) -> Place {
        holdings[user] = Holding(holder: place)
        changed.insert(user)
        withUserID.insert(place)
        return place
    }

    /// Gives a number that nobody holds at that time.
    /// - Parameters:
    ///   - isWitnessed: the person was seen with it then, so that it may have been somebody else's before.
    ///   - isAcquired: it is theirs from then on only.
    private mutating func take(
        _ phone: Identity, for place: Place, at time: Int64, isWitnessed: Bool = true, isAcquired: Bool = false
    ) {
        var holding = holdings[phone] ?? Holding()
        if let since = holding.since, time < since {
            holding.previous = place
        } else {
            // Released once: from then on it is this person's.
            if holding.since == nil, isWitnessed {
                holding.since = time
                holding.isAcquired = isAcquired
            }
            holding.holder = place
        }
        holdings[phone] = holding
        changed.insert(phone)
    }

    /// Gives a number that is another person's: to the newer one.
    private mutating func move(_ phone: Identity, from other: Place, to place: Place, at time: Int64) {
        var holding = holdings[phone] ?? Holding()
        if time > holding.since ?? .min {
            holding = Holding(holder: place, since: time, previous: other)
            handovers.append(Handover(phone: phone, from: other, to: place, since: time))
        } else if holding.previous == nil, time < holding.since ?? .min {
            holding.previous = place
        } else if time < holding.since ?? .min, holding.holder.map(root) == root(place) {
            // News of the same holder that are older than those that were known.
            holding.since = time
        } else {
            return
        }
        holdings[phone] = holding
        changed.insert(phone)
    }

    /// The older conversation lives on.
    private mutating func merge(_ one: Place, _ other: Place) -> Place {
        let (one, other) = (root(one), root(other))
        guard one != other else { return one }
        let (survivor, ended) = (min(one, other), max(one, other))
        merged[ended] = survivor
        if withUserID.contains(ended) { withUserID.insert(survivor) }
        return survivor
    }
}
