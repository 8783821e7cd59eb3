import OpenSSLKit
import Testing

@testable import WhatsAppPayload

@Suite struct EventTests {
    @Test(arguments: [
        "account_alerts", "account_review_update", "account_update", "automatic_events", "business_capability_update",
        "history", "message_template_components_update", "message_template_quality_update",
        "message_template_status_update", "partner_solutions", "payment_configuration_update",
        "phone_number_name_update", "phone_number_quality_update", "security", "smb_app_state_sync",
        "template_category_update", "user_preferences", "calls", "flows", "group_lifecycle_update",
        "group_participants_update", "group_settings_update", "group_status_update", "account_settings_update",
        "consumer_profile", "messaging_handovers", "standby", "user_id_update", "tomorrows_field",
    ])
    func everyOtherFieldIsKeptWhole(field: String) throws {
        let change = Webhook.change(field, value: #"{"event":"X","messages":[{"id":"wamid.1"}],"errors":[{"code":1}]}"#)
        let contents = try Webhook.parse(Webhook.body(entries: [Webhook.entry([change], time: "1760000001")]))
        let event = try #require(contents.events.first)
        #expect(contents.items.count == 1)
        #expect(event.field == field)
        #expect(event.reason == .field)
        #expect(event.wabaID == Webhook.wabaID)
        #expect(event.phoneNumberID == nil)
        #expect(event.time == 1_760_000_001)
        #expect(event.raw.text == change)
    }

    @Test func aFieldWithMetadataNamesItsNumber() throws {
        let change = Webhook.change("group_lifecycle_update", value: "{\(Webhook.metadata),\"groups\":[{}]}")
        let event = try #require(try Webhook.parse(Webhook.body(entries: [Webhook.entry([change])])).events.first)
        #expect(event.phoneNumberID == Webhook.phoneNumberID)
        #expect(event.time == nil)
    }

    @Test func errorsOfAValueStandBesideItsMessages() throws {
        let error = #"{"code":130429,"title":"Rate limit hit"}"#
        let message = Webhook.message(#""type":"interactive""#)
        let contents = try Webhook.parse(Webhook.value(#""errors":[\#(error),\#(error)],"messages":[\#(message)]"#))
        #expect(contents.messages.count == 1)
        #expect(contents.events.map(\.field) == ["errors", "errors"])
        #expect(contents.events.map(\.reason) == [.error, .error])
        #expect(contents.events.map(\.phoneNumberID) == [Webhook.phoneNumberID, Webhook.phoneNumberID])
        #expect(contents.events.map(\.raw.text) == [error, error])
    }

    @Test(arguments: [
        #"{"type":"text","timestamp":"1760000000"}"#, #"{"id":"","timestamp":1760000000}"#,
        #"{"id":null,"timestamp":"1760000000"}"#, #"{"id":{},"timestamp":"1760000000"}"#,
        #"{"id":"\#(String(repeating: "x", count: 513))","timestamp":"1760000000"}"#,
    ])
    func anItemWithoutAUsableIDIsAnEvent(item: String) throws {
        for members in [#""messages":[\#(item)]"#, #""statuses":[\#(item)]"#] {
            let contents = try Webhook.parse(Webhook.value(members))
            let event = try #require(contents.events.first)
            #expect(contents.items.count == 1)
            #expect(event.reason == .withoutID)
            #expect(event.field == "messages")
            #expect(event.time == 1_760_000_000)
            #expect(event.phoneNumberID == Webhook.phoneNumberID)
            #expect(event.raw.text == item)
        }
    }

    @Test func aStatusWithoutAWordIsAnEvent() throws {
        for word in [#""""#, "null", #""\#(String(repeating: "x", count: 513))""#] {
            let contents = try Webhook.parse(Webhook.statuses(#"{"id":"wamid.OUT","status":\#(word)}"#))
            #expect(contents.events.map(\.reason) == [.withoutID])
        }
    }

    @Test func aNumberAsIDIsAnID() throws {
        #expect(try Webhook.parse(Webhook.messages(#"{"id":12345,"type":"text"}"#)).messages.map(\.wamid) == ["12345"])
    }

    @Test func anEventIsToldByTheHashOfItsBytes() throws {
        // printf '{"code":1}' | sha256sum
        let contents = try Webhook.parse(Webhook.value(#""errors":[{"code":1}, {"code":1},{"code":2}]"#))
        let hashes = contents.events.map(\.contentHash)
        #expect(hashes[0].hex == "33c1c92944a084e89ac8cbfe15da3c741575cbddd50a0301b946fb6da8441a93")
        #expect(hashes[0] == hashes[1])
        #expect(hashes[0] != hashes[2])
        #expect(contents.changes[0].raw.contentHash != hashes[0])
    }
}
