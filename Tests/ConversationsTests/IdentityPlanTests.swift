import Testing

@testable import Conversations

@Suite struct IdentityPlanTests {
    private func key(_ phone: String?, _ userID: String?) -> CustomerKey {
        CustomerKey(tenant: 1, phone: phone, userID: userID)
    }

    private func phone(_ value: String) -> Identity { .init(tenant: 1, kind: .phone, value: value) }
    private func user(_ value: String) -> Identity { .init(tenant: 1, kind: .userID, value: value) }

    @Test("a new customer gets one conversation with all that is known of them")
    func newcomer() {
        var plan = IdentityPlan()
        #expect(plan.place(key("1650", "US.abc"), at: 1) == .opened(0))
        #expect(plan.opened == [1])
        #expect(plan.changed.count == 2)
        #expect(plan.place(key("1650", nil), at: 2) == .opened(0))
        #expect(plan.place(key(nil, "US.abc"), at: 2) == .opened(0))
        #expect(plan.onlyOpens)
    }

    @Test("a user id seen first with a known number joins that number's conversation")
    func userIDJoins() {
        var plan = IdentityPlan(holdings: [phone("1650"): .init(holder: .existing(7))])
        #expect(plan.place(key("1650", "US.abc"), at: 1) == .existing(7))
        #expect(plan.holding(of: user("US.abc")).holder == .existing(7))
        #expect(plan.living == [])
    }

    @Test("a number seen first with a known user id joins that person's conversation")
    func phoneJoins() {
        var plan = IdentityPlan(
            holdings: [user("US.abc"): .init(holder: .existing(7))], withUserID: [.existing(7)])
        #expect(plan.place(key("1650", "US.abc"), at: 1) == .existing(7))
        #expect(plan.holding(of: phone("1650")).holder == .existing(7))
    }

    @Test("two conversations of one person, known by number and by id, merge into the older")
    func merges() {
        var plan = IdentityPlan(
            holdings: [phone("1650"): .init(holder: .existing(9)), user("US.abc"): .init(holder: .existing(7))],
            withUserID: [.existing(7)])
        #expect(plan.place(key("1650", "US.abc"), at: 1) == .existing(7))
        #expect(plan.merges.map(\.ended) == [9])
        #expect(plan.merges.map(\.into) == [.existing(7)])
        #expect(plan.place(key("1650", nil), at: 1) == .existing(7))
        #expect(!plan.onlyOpens)
    }

    @Test("a number that comes with a new user id moves away from the person who had it, and not back by old news")
    func recycledNumber() {
        var plan = IdentityPlan(
            holdings: [
                phone("1650"): .init(holder: .existing(7), since: 10), user("US.old"): .init(holder: .existing(7)),
            ], withUserID: [.existing(7)])
        #expect(plan.place(key("1650", "US.new"), at: 20) == .opened(0))
        #expect(
            plan.holding(of: phone("1650"))
                == .init(holder: .opened(0), since: 20, previous: .existing(7), isContested: true))
        #expect(plan.place(key("1650", nil), at: 21) == .opened(0))
        #expect(plan.place(key("1650", nil), at: 19) == .existing(7))
        #expect(plan.place(key("1650", "US.old"), at: 15) == .existing(7))
        #expect(plan.holding(of: phone("1650")).holder == .opened(0))
    }

    @Test("news of the person who had a number before that come later leave the number where it is")
    func recycledNumberBackwards() {
        var plan = IdentityPlan()
        let newer = plan.place(key("1650", "US.new"), at: 20)
        let older = plan.place(key("1650", "US.old"), at: 10)
        #expect(newer != older)
        #expect(plan.holding(of: phone("1650")) == .init(holder: newer, since: 20, previous: older, isContested: true))
        #expect(plan.place(key("1650", nil), at: 11) == older)
        #expect(plan.merges.isEmpty)
        #expect(!plan.onlyOpens)
    }

    @Test("a number seen with an id counts from the earliest sighting on, in whatever order they come")
    func earliestSighting() {
        var plan = IdentityPlan()
        _ = plan.place(key("1650", nil), at: 30)
        let ben = plan.place(key("1650", "US.ben"), at: 25)
        #expect(plan.place(key("1650", "US.ben"), at: 20) == ben)
        let ana = plan.place(key("1650", "US.ana"), at: 10)
        #expect(plan.holding(of: phone("1650")) == .init(holder: ben, since: 20, previous: ana, isContested: true))
        #expect(plan.place(key("1650", "US.ben"), at: 15) == ben)
        #expect(plan.place(key("1650", nil), at: 14) == ana)
        #expect(plan.contested[phone("1650")] == [ana, ben])
    }

    @Test("two tenants' customers with the same number are two people")
    func tenantsApart() {
        var plan = IdentityPlan()
        let here = plan.place(key("1650", nil), at: 1)
        let there = plan.place(CustomerKey(tenant: 2, phone: "1650", userID: nil), at: 1)
        #expect(here != there)
    }
}
