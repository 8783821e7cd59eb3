internal import Postgres

/// Decides whose conversation each of a batch's sightings and changes belongs to where somebody is new or something
/// changes.
struct IdentityDecision {
    /// Something that is told of a customer, by the message that tells it; a call has none.
    private struct Step {
        enum Subject {
            case sighting(CustomerKey)
            case change(IdentityChange)
        }

        let time: Int64
        /// Of the sighting or of the change.
        let index: Int
        let subject: Subject
        let told: MessageName?
    }

    private struct MessageName: Hashable {
        let tenant: Int64
        let wamid: String
    }

    private static let stored: PostgresStatement = """
        select n.ord, m.conversation_id
        from unnest($1::bigint[], $2::text[]) with ordinality as n (tenant_id, wamid, ord)
        join whatsapp_messages m on m.tenant_id = n.tenant_id and m.wamid = n.wamid
        """

    /// In the order in which it happened; of the same time, sightings come before changes.
    private let steps: [Step]
    private let changeCount: Int

    /// - Parameters:
    ///   - sightings: those to decide about, by their indices.
    ///   - wamids: of the messages that tell the sightings, by the same indices; those beyond the last one are calls.
    init(
        _ sightings: [(index: Int, sighting: CustomerSighting)], _ changes: [IdentityChange], toldBy wamids: [String]
    ) {
        let seen = sightings.map { index, sighting in
            Step(
                time: sighting.time, index: index, subject: .sighting(sighting.key),
                told: index < wamids.count ? MessageName(tenant: sighting.key.tenant, wamid: wamids[index]) : nil)
        }
        let changed = changes.enumerated().map { index, change in
            Step(
                time: change.time, index: index, subject: .change(change),
                told: MessageName(tenant: change.old.tenant, wamid: change.wamid))
        }
        // A sort need not be stable: of the same time, the earlier in the list comes first.
        steps = (seen + changed).enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
            .map(\.element)
        changeCount = changes.count
    }

    /// Opens the conversations of customers of whom nothing is known, beside others who do the same.
    /// - Parameter seen: the conversation of each sighting; of those to decide about it is not known yet.
    /// - Returns: whether it was as simple as that. If not, nothing was done.
    func open(_ seen: inout [Int64], in session: PostgresSession) throws(PostgresError) -> Bool {
        var plan = IdentityPlan()
        let places = decide(in: &plan, try look(in: session))
        guard plan.onlyOpens, let id = try IdentityTable.open(plan, subjects.tenants, in: session) else { return false }
        _ = settle(places, id, &seen)
        return true
    }

    /// Decides under the locks of the tenants, held alone.
    /// - Parameter seen: the conversation of each sighting; of those to decide about it is not known yet.
    /// - Returns: the conversation of each change.
    func decide(_ seen: inout [Int64], in session: PostgresSession) throws(PostgresError) -> [Int64] {
        let (tenants, identities) = subjects
        try IdentityTable.lock(tenants, in: session)
        let told = try look(in: session)
        let identified = try IdentityTable.load(identities, in: session)
        var plan = IdentityPlan(holdings: identified.holdings, withUserID: identified.withUserID)
        let places = decide(in: &plan, told)
        var touched = Set(seen)
        for place in places { if case .existing(let id) = plan.root(place) { touched.insert(id) } }
        return settle(places, try IdentityTable.write(plan, touched: touched, in: session), &seen)
    }

    /// The conversation of each step.
    private func decide(
        in plan: inout IdentityPlan, _ told: [MessageName: PlannedConversation]
    ) -> [PlannedConversation] {
        var told = told
        return steps.map { step in
            // What comes again has told what it tells.
            let place = step.told.flatMap { told[$0] } ?? decide(step, in: &plan)
            if let name = step.told { told[name] = place }
            return place
        }
    }

    private func settle(
        _ places: [PlannedConversation], _ id: (PlannedConversation) -> Int64, _ seen: inout [Int64]
    ) -> [Int64] {
        var changed = [Int64](repeating: 0, count: changeCount)
        for (step, place) in zip(steps, places) {
            switch step.subject {
            case .sighting: seen[step.index] = id(place)
            case .change: changed[step.index] = id(place)
            }
        }
        // Whose conversation was merged by what another message of the batch told.
        for index in seen.indices { seen[index] = id(.existing(seen[index])) }
        return changed
    }

    private func decide(_ step: Step, in plan: inout IdentityPlan) -> PlannedConversation {
        switch step.subject {
        case .sighting(let key): plan.place(key, at: step.time)
        case .change(let change): plan.apply(change)
        }
    }

    /// Whom it is about.
    private var subjects: (tenants: Set<Int64>, identities: Set<Identity>) {
        var (tenants, identities): (Set<Int64>, Set<Identity>) = ([], [])
        for step in steps {
            let keys =
                switch step.subject {
                case .sighting(let key): [key]
                case .change(let change): [change.old, change.new]
                }
            for key in keys {
                tenants.insert(key.tenant)
                identities.formUnion([key.phoneIdentity, key.userIdentity].compactMap { $0 })
            }
        }
        return (tenants, identities)
    }

    /// Where messages are that were stored before.
    private func look(in session: PostgresSession) throws(PostgresError) -> [MessageName: PlannedConversation] {
        let names = Set(steps.compactMap(\.told)).sorted { ($0.tenant, $0.wamid) < ($1.tenant, $1.wamid) }
        var found: [MessageName: PlannedConversation] = [:]
        guard !names.isEmpty else { return found }
        let tenants = PostgresArray.int8(of: names.map(\.tenant))
        for row in try session.execute(Self.stored, [.array(tenants), .array(.text(of: names.map(\.wamid)))]) {
            found[names[Int(try row.int64(0)) - 1]] = .existing(try row.int64(1))
        }
        return found
    }
}
