/// Decides, customer by customer, which conversations to open or merge and whose each identity is now. Pure.
///
/// A business-scoped user id is one person's for ever; a phone number is given away and comes back to somebody else. So
/// where two ids claim a number, it belongs to the one seen with it last, and what came from it before stays with whom
/// it belonged to then. Identities first seen together are one person's, and their conversations merge; two people with
/// an id each are never merged, unless WhatsApp says that one id replaced the other.
///
/// What is told in order is decided here. A number that went from hand to hand is *contested*: what is told of it too late
/// to be in order is only kept with whoever has the id, and ``NumberTimeline`` works out the rest.
struct IdentityPlan {
    /// The tenant of each new conversation; those that were merged away at once are not to be opened.
    private(set) var opened: [Int64] = []
    /// Identities to write.
    private(set) var changed: Set<Identity> = []
    /// Of each contested number that something was told about: whose messages from it may be.
    private(set) var contested: [Identity: Set<PlannedConversation>] = [:]
    /// What no message tells.
    private(set) var facts: [NumberFact<PlannedConversation>] = []
    private var holdings: [Identity: IdentityHolding]
    private var merged: [PlannedConversation: PlannedConversation] = [:]
    private var withUserID: Set<PlannedConversation>

    /// - Parameters:
    ///   - holdings: what is known of the identities that will be asked about.
    ///   - withUserID: which of their conversations have a business-scoped id.
    init(holdings: [Identity: IdentityHolding] = [:], withUserID: Set<PlannedConversation> = []) {
        self.holdings = holdings
        self.withUserID = withUserID
    }

    /// Where a conversation lives on.
    func root(_ place: PlannedConversation) -> PlannedConversation {
        var place = place
        while let next = merged[place] { place = next }
        return place
    }

    /// A holding with its conversations as they are after all merges.
    func holding(of identity: Identity) -> IdentityHolding {
        var holding = holdings[identity] ?? IdentityHolding()
        holding.holder = holding.holder.map(root)
        holding.previous = holding.previous.map(root)
        return holding
    }

    /// Conversations that end, each with the one that it lives on in, in order.
    var merges: [(ended: Int64, into: PlannedConversation)] {
        merged.keys.compactMap { place in
            guard case .existing(let id) = place else { return nil }
            return (ended: id, into: root(place))
        }.sorted { $0.ended < $1.ended }
    }

    /// Indices of `opened` that are to be written.
    var living: [Int] { opened.indices.filter { merged[.opened($0)] == nil } }

    /// Whether it says no more than which conversations are new, and whose.
    var onlyOpens: Bool { contested.isEmpty && facts.isEmpty && merges.isEmpty }

    /// The conversation of a customer who was named so at that time, in microseconds.
    mutating func place(_ key: CustomerKey, at time: Int64) -> PlannedConversation {
        guard let phone = key.phoneIdentity else {
            guard let user = key.userIdentity else { return open(key.tenant) }
            return person(user)
        }
        let place = key.userIdentity.map { self.place($0, with: phone, at: time) } ?? self.place(phone, at: time)
        note(phone, place)
        return place
    }

    private mutating func place(_ user: Identity, with phone: Identity, at time: Int64) -> PlannedConversation {
        if isLate(phone, time) { return person(user) }
        switch (holder(of: user), holder(of: phone, at: time)) {
        case (nil, nil):
            let place = person(user)
            take(phone, for: place, at: time)
            return place
        case (.some(let person), nil):
            take(phone, for: person, at: time)
            return person
        case (nil, .some(let line)):
            if withUserID.contains(line) {
                let place = person(user)
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

    /// A number seen by itself.
    private mutating func place(_ phone: Identity, at time: Int64) -> PlannedConversation {
        if let holder = holder(of: phone, at: time) { return holder }
        let place = open(phone.tenant)
        take(phone, for: place, at: time, isWitnessed: false)
        return place
    }

    /// What WhatsApp says about a person whose number or id was replaced. Returns the person's conversation.
    mutating func apply(_ change: IdentityChange) -> PlannedConversation {
        let (old, new) = (change.old.phoneIdentity, change.new.phoneIdentity)
        if change.isNumberChange {
            for phone in [old, new].compactMap({ $0 }) { contest(phone) }
        }
        defer { keep(change) }
        let isLate = change.old.userID == nil && old.map { self.isLate($0, change.time) } ?? false
        // Before the first sighting of its holder a number may have been somebody else's.
        var person = isLate ? open(change.old.tenant) : place(change.old, at: change.time)
        if let old, isLate { note(old, person) }
        if let user = change.new.userIdentity {
            if change.namesPreviousUserID || !(isLate || withUserID.contains(person)) {
                person = holder(of: user).map { merge(person, $0) } ?? link(user, to: person)
            } else {
                // Nothing ties the new id to the old one: whoever has it has the number too.
                let other = place(change.new, at: change.time)
                keep(new, other, at: change.time)
                release(change, of: person)
                return root(person)
            }
            keep(new, person, at: change.time)
        }
        guard change.isNumberChange, let new else {
            if new != nil { person = place(change.new, at: change.time) }
            return root(person)
        }
        give(new, to: person, at: change.time)
        note(new, person)
        release(change, of: person)
        return root(person)
    }

    /// The new number of a person: who wrote from it before is somebody else.
    private mutating func give(_ phone: Identity, to person: PlannedConversation, at time: Int64) {
        if isLate(phone, time) { return }
        guard let other = holder(of: phone, at: time) else {
            return take(phone, for: person, at: time, isAcquired: true)
        }
        if other != root(person) { move(phone, from: other, to: person, at: time) }
    }

    /// The number that was given up is nobody's from then on, but what came from it before stays where it is.
    private mutating func release(_ change: IdentityChange, of person: PlannedConversation) {
        guard change.isNumberChange, let phone = change.old.phoneIdentity, var holding = holdings[phone],
            let holder = holding.holder, root(holder) == root(person), holding.since ?? .min <= change.time
        else { return }
        holding = IdentityHolding(holder: nil, since: change.time + 1, previous: holder, isContested: true)
        holdings[phone] = holding
        changed.insert(phone)
    }

    // MARK: - Who has what

    private func holder(of identity: Identity, at time: Int64 = .max) -> PlannedConversation? {
        holdings[identity]?.holder(at: time).map(root)
    }

    /// Of a number that went from hand to hand only the present is certain.
    private func isLate(_ phone: Identity, _ time: Int64) -> Bool {
        guard let holding = holdings[phone], holding.isContested, let since = holding.since else { return false }
        return time < since
    }

    private mutating func open(_ tenant: Int64) -> PlannedConversation {
        opened.append(tenant)
        return .opened(opened.count - 1)
    }

    /// Who has an id, whom nobody knew before if need be.
    private mutating func person(_ user: Identity) -> PlannedConversation {
        holder(of: user) ?? link(user, to: open(user.tenant))
    }

    private mutating func link(_ user: Identity, to place: PlannedConversation) -> PlannedConversation {
        holdings[user] = IdentityHolding(holder: place)
        changed.insert(user)
        withUserID.insert(place)
        return place
    }

    /// The number was seen with its holder's id. The earliest such sighting counts: what somebody else is seen with
    /// before it was theirs then.
    private mutating func witness(_ phone: Identity, at time: Int64) {
        guard var holding = holdings[phone], holding.previous == nil, time < holding.since ?? .max else { return }
        holding.since = time
        holdings[phone] = holding
        changed.insert(phone)
    }

    /// Gives a number that nobody holds at that time.
    /// - Parameters:
    ///   - isWitnessed: the person was seen with it then, so that it may have been somebody else's before.
    ///   - isAcquired: it is theirs from then on only.
    private mutating func take(
        _ phone: Identity, for place: PlannedConversation, at time: Int64, isWitnessed: Bool = true,
        isAcquired: Bool = false
    ) {
        var holding = holdings[phone] ?? IdentityHolding()
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
    private mutating func move(
        _ phone: Identity, from other: PlannedConversation, to place: PlannedConversation, at time: Int64
    ) {
        contest(phone)
        guard var holding = holdings[phone] else { return }
        if time > holding.since ?? .min {
            holding = IdentityHolding(holder: place, since: time, previous: other, isContested: true)
        } else if holding.previous == nil, time < holding.since ?? .min {
            holding.previous = place
        }
        holdings[phone] = holding
    }

    /// The older conversation lives on.
    private mutating func merge(_ one: PlannedConversation, _ other: PlannedConversation) -> PlannedConversation {
        let (one, other) = (root(one), root(other))
        guard one != other else { return one }
        let (survivor, ended) = (min(one, other), max(one, other))
        merged[ended] = survivor
        if withUserID.contains(ended) { withUserID.insert(survivor) }
        return survivor
    }

    // MARK: - Contested numbers

    /// More than one person had, or will have had, the number. What was known of it until now is kept as a fact.
    private mutating func contest(_ phone: Identity) {
        var holding = holdings[phone] ?? IdentityHolding()
        if !holding.isContested {
            if let since = holding.since, let holder = holding.holder, withUserID.contains(root(holder)) {
                facts.append(
                    NumberFact(tenant: phone.tenant, number: phone.value, at: since, person: holder))
            }
            holding.isContested = true
            holdings[phone] = holding
        }
        changed.insert(phone)
        contested[phone, default: []].formUnion([holding.holder, holding.previous].compactMap { $0 })
    }

    /// Keeps in mind that messages from a contested number may be here.
    private mutating func note(_ phone: Identity, _ place: PlannedConversation) {
        if holdings[phone]?.isContested ?? false { contested[phone, default: []].insert(place) }
    }

    /// Keeps who was seen with a number, in news that say it beside.
    private mutating func keep(_ phone: Identity?, _ person: PlannedConversation, at time: Int64) {
        guard let phone else { return }
        facts.append(NumberFact(tenant: phone.tenant, number: phone.value, at: time, person: person))
    }

    private mutating func keep(_ change: IdentityChange) {
        guard change.isNumberChange, let phone = change.new.phoneIdentity else { return }
        facts.append(
            NumberFact(
                tenant: phone.tenant, number: phone.value, at: change.time, toldBy: change.wamid,
                person: change.old.userIdentity.flatMap { holder(of: $0) }, isChange: true,
                changedFrom: change.old.phone))
    }
}
