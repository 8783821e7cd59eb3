import LenientJSON
import Testing

@testable import WhatsAppPayload

@Suite struct OddShapeTests {
    @Test(arguments: [
        ("", WebhookRejection.notJSON(JSONParsingError(.empty, at: 0))),
        ("hello", .notJSON(JSONParsingError(.expectedValue, at: 0))),
        (#"{"object":"whatsapp_business_account","entry":[}"#, .notJSON(JSONParsingError(.expectedValue, at: 47))),
        ("[]", .notWhatsApp), ("7", .notWhatsApp), ("null", .notWhatsApp), ("{}", .notWhatsApp),
        (#"{"object":"page","entry":[]}"#, .notWhatsApp), (#"{"object":["whatsapp_business_account"]}"#, .notWhatsApp),
        (#"{"object":"whatsapp_business_account"}"#, .noEntries),
        (#"{"object":"whatsapp_business_account","entry":{}}"#, .noEntries),
        (#"{"object":"whatsapp_business_account","entry":null}"#, .noEntries),
    ])
    func whatIsNoWebhookIsRejectedWithItsReason(body: String, rejection: WebhookRejection) {
        #expect(throws: rejection) { try Webhook.parse(body) }
    }

    @Test func aRejectionReadsAsASentence() {
        #expect(
            WebhookRejection.notJSON(JSONParsingError(.expectedValue, at: 3)).description
                == "the body is not JSON: a value was expected (at byte 3)")
        #expect(WebhookRejection.notWhatsApp.code == "not-whatsapp")
    }

    struct Odd: CustomTestStringConvertible, Sendable {
        let body: String
        let field: String
        let reason: AccountEvent.Reason
        let raw: String
        init(_ body: String, _ field: String, _ reason: AccountEvent.Reason, _ raw: String) {
            self.body = body
            self.field = field
            self.reason = reason
            self.raw = raw
        }
        var testDescription: String { body }
    }

    private static func change(_ change: String) -> String {
        Webhook.body(entries: [Webhook.entry([change])])
    }

    @Test(arguments: [
        Odd(Webhook.body(entries: []), "unreadable", .withoutItems, Webhook.body(entries: [])),
        Odd(Webhook.body(entries: ["7"]), "unreadable", .unreadable, "7"),
        Odd(Webhook.body(entries: ["null"]), "unreadable", .unreadable, "null"),
        Odd(Webhook.body(entries: ["{}"]), "unreadable", .withoutItems, "{}"),
        Odd(
            Webhook.body(entries: [#"{"id":"1","changes":[]}"#]), "unreadable", .withoutItems,
            #"{"id":"1","changes":[]}"#),
        Odd(
            Webhook.body(entries: [#"{"id":"1","changes":{}}"#]), "unreadable", .unreadable, #"{"id":"1","changes":{}}"#
        ),
        Odd(change("[]"), "unreadable", .unreadable, "[]"), Odd(change(#""x""#), "unreadable", .unreadable, #""x""#),
        Odd(change("{}"), "unreadable", .unreadable, "{}"),
        Odd(change(#"{"field":"messages"}"#), "messages", .unreadable, #"{"field":"messages"}"#),
        Odd(change(#"{"field":"messages","value":7}"#), "messages", .unreadable, #"{"field":"messages","value":7}"#),
        Odd(change(#"{"field":"calls"}"#), "calls", .unreadable, #"{"field":"calls"}"#),
        Odd(change(#"{"field":["x"],"value":{}}"#), "unreadable", .unreadable, #"{"field":["x"],"value":{}}"#),
        Odd(
            change(#"{"field":"messages","value":{}}"#), "messages", .withoutItems, #"{"field":"messages","value":{}}"#),
        Odd(
            change(#"{"field":"messages","value":{"messages":[],"statuses":null}}"#), "messages", .withoutItems,
            #"{"field":"messages","value":{"messages":[],"statuses":null}}"#),
        Odd(
            change(#"{"field":"messages","value":{"calls":[{"id":"c"}]}}"#), "messages", .withoutItems,
            #"{"field":"messages","value":{"calls":[{"id":"c"}]}}"#),
        Odd(
            change(#"{"field":"messages","value":{"messages":{"id":"wamid.1"}}}"#), "messages", .unreadable,
            #"{"id":"wamid.1"}"#),
        Odd(change(#"{"field":"messages","value":{"statuses":"x"}}"#), "messages", .unreadable, #""x""#),
        Odd(change(#"{"field":"messages","value":{"errors":7}}"#), "messages", .unreadable, "7"),
        Odd(change(#"{"field":"messages","value":{"messages":[[]]}}"#), "messages", .unreadable, "[]"),
        Odd(change(#"{"field":"messages","value":{"statuses":[null]}}"#), "messages", .unreadable, "null"),
    ])
    func oddShapesBecomeOneEventWithTheirBytes(odd: Odd) throws {
        let contents = try Webhook.parse(odd.body)
        let event = try #require(contents.events.first)
        #expect(contents.items.count == 1)
        #expect(event.field == odd.field)
        #expect(event.reason == odd.reason)
        #expect(event.raw.text == odd.raw)
        #expect(contents.changes.map(\.items) == [0..<1])
    }

    @Test func oneBadItemHoldsBackNoOther() throws {
        let contents = try Webhook.parse(
            Webhook.body(entries: [
                "7",
                Webhook.entry([
                    "8",
                    Webhook.change(
                        value: """
                            {"messages":[9,{"id":"wamid.1","type":"text"},{"type":"text"},{"id":"wamid.2"}],\
                            "statuses":[{"id":"wamid.3","status":"sent"},[]],"errors":[{"code":1}]}
                            """),
                ]),
            ]))
        #expect(contents.messages.map(\.wamid) == ["wamid.1", "wamid.2"])
        #expect(contents.statuses.map(\.wamid) == ["wamid.3"])
        #expect(contents.events.map(\.raw.text) == ["7", "8", "9", #"{"type":"text"}"#, "[]", #"{"code":1}"#])
        #expect(contents.messages.allSatisfy { $0.phoneNumberID == nil })
    }

    @Test func whatMetaDoesNotDocumentIsKeptBesideTheItems() throws {
        let contents = try Webhook.parse(
            """
            {"object":"whatsapp_business_account","extra":{"a":1},"empty":[],"scalar":5,"entry":[{"id":"1","standby":[1],\
            "changes":[{"field":"messages","value":{"new_items":[{"x":1}],"contacts":{"a":1},"metadata":["m"],"flag":true,\
            "messages":[{"id":"wamid.1","type":"text"}]}}]}]}
            """)
        #expect(contents.messages.count == 1)
        #expect(
            contents.events.map(\.field)
                == ["messages.new_items", "messages.contacts", "messages.metadata", "entry.standby", "body.extra"])
        #expect(contents.events.map(\.raw.text) == [#"[{"x":1}]"#, #"{"a":1}"#, #"["m"]"#, "[1]", #"{"a":1}"#])
        #expect(contents.events.allSatisfy { $0.reason == .unknownMember })
    }

    @Test func aChangeWithoutAFieldIsReadByWhatItHolds() throws {
        let contents = try Webhook.parse(Self.change(#"{"value":{"statuses":[{"id":"wamid.1","status":"read"}]}}"#))
        #expect(contents.statuses.count == 1)
        #expect(contents.changes.map(\.field) == ["messages"])
    }

    @Test func namesOfAnyLengthAreBounded() throws {
        let long = String(repeating: "é", count: 5_000)
        let contents = try Webhook.parse(
            Self.change(#"{"field":"messages","value":{"\#(long)":[1],"messages":[{"id":"w"}]}}"#))
        let event = try #require(contents.events.first)
        #expect(event.field.utf8.count <= 512)
        #expect(event.field.hasPrefix("messages.éé"))
    }

    @Test func idsAreTextsOrNumbersAndTimesEitherToo() throws {
        let contents = try Webhook.parse(
            """
            {"object":"whatsapp_business_account","entry":[{"id":215589240001122,"time":"1760000001","changes":[\
            {"field":"messages","value":{"metadata":{"phone_number_id":330099887766554,"display_phone_number":1},\
            "messages":[{"id":"wamid.1","from":4915155500100,"type":"text","text":{"body":true}}]}}]}]}
            """)
        let message = try #require(contents.messages.first)
        #expect(message.wabaID == Webhook.wabaID)
        #expect(message.phoneNumberID == Webhook.phoneNumberID)
        #expect(message.text == "true")
        #expect(contents.changes.map(\.time) == [1_760_000_001])
    }

    @Test func doubledKeysCountOnceTheLastOne() throws {
        let contents = try Webhook.parse(
            Self.change(
                #"{"field":"x","field":"messages","value":{"messages":[{"id":"a"},{"id":"b"}],"messages":[{"id":"c"}]}}"#
            ))
        #expect(contents.messages.map(\.wamid) == ["c"])
        #expect(contents.items.count == 1)
    }
}
