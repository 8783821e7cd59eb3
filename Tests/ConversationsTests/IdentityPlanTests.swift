import Testing

@testable import Conversations

@Suite struct IdentityPlanTests {
    private func key(_ phone: String?, _ userID: String?) -> CustomerKey {
        CustomerKey(tenant: 1, phone: phone, userID: userID)
    }

    @Test("a new customer gets one conversation with all that is known of them")
    func newcomer() {
        var plan = IdentityPlan()
        #expect(plan.place(key("1650", "US.abc"), known: KnownCustomer()) == .opened(0))
        #expect(plan.newConversations == [1])
        #expect(plan.links.count == 2)
        #expect(plan.place(key("1650", nil), known: KnownCustomer()) == .opened(0))
        #expect(plan.place(key(nil, "US.abc"), known: KnownCustomer()) == .opened(0))
    }

    @Test("a user id seen first with a known number joins that number's conversation")
    func userIDJoins() {
        var plan = IdentityPlan()
        #expect(plan.place(key("1650", "US.abc"), known: KnownCustomer(byPhone: 7)) == .existing(7))
        #expect(plan.links == [.init(tenant: 1, kind: .userID, value: "US.abc"): .existing(7)])
    }

    @Test("a number seen first with a known user id joins that person's conversation")
    func phoneJoins() {
        var plan = IdentityPlan()
        #expect(plan.place(key("1650", "US.abc"), known: KnownCustomer(byUserID: 7)) == .existing(7))
        #expect(plan.links == [.init(tenant: 1, kind: .phone, value: "1650"): .existing(7)])
    }

    @Test("a number that comes with a new user id moves away from the person who had it")
    func recycledNumber() {
        var plan = IdentityPlan()
        let known = KnownCustomer(byPhone: 7, phoneHasUserID: true)
        #expect(plan.place(key("1650", "US.new"), known: known) == .opened(0))
        #expect(plan.links[.init(tenant: 1, kind: .phone, value: "1650")] == .opened(0))
    }

    @Test("two tenants' customers with the same number are two people")
    func tenantsApart() {
        var plan = IdentityPlan()
        let here = plan.place(key("1650", nil), known: KnownCustomer())
        let there = plan.place(CustomerKey(tenant: 2, phone: "1650", userID: nil), known: KnownCustomer())
        #expect(here != there)
    }
}
