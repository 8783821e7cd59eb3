import Testing

@testable import WhatsAppPayload

@Suite struct MessageTextTests {
    struct Sample: CustomTestStringConvertible, Sendable {
        let members: String
        let type: String
        let text: String
        init(_ type: String, _ body: String, _ text: String) {
            self.type = type
            self.text = text
            members = #""type":"\#(type)""# + (body.isEmpty ? "" : "," + body)
        }
        var testDescription: String { members }
    }

    @Test(arguments: [
        Sample("text", #""text":{"body":"Grüße \ud83d\udc4b"}"#, "Grüße 👋"),
        Sample("text", #""text":{"body":""}"#, ""),
        Sample("text", #""text":{"body":42}"#, "42"),
        Sample("text", #""text":"bare""#, "bare"),
        Sample("text", #""text":{"body":"a\u0000b\ud83d"}"#, "a\u{FFFD}b\u{FFFD}"),
        Sample("text", #""text":null"#, "[text]"),
        Sample("text", "", "[text]"),
        Sample("image", #""image":{"id":"1","caption":"The roof"}"#, "The roof"),
        Sample("image", #""image":{"id":"1"}"#, "[image]"),
        Sample("video", #""video":{"id":"1","caption":"Look"}"#, "Look"),
        Sample("video", #""video":{"id":"1","caption":""}"#, "[video]"),
        Sample("audio", #""audio":{"id":"1","voice":true}"#, "[voice message]"),
        Sample("audio", #""audio":{"id":"1","voice":false}"#, "[audio]"),
        Sample("document", #""document":{"id":"1","filename":"plan.pdf"}"#, "[document] plan.pdf"),
        Sample("document", #""document":{"id":"1","filename":"plan.pdf","caption":"The plan"}"#, "The plan"),
        Sample("sticker", #""sticker":{"id":"1","animated":true}"#, "[sticker]"),
        Sample(
            "location", #""location":{"latitude":52.5,"longitude":13.4,"address":"Main St 1"}"#, "[location] Main St 1"),
        Sample(
            "location", #""location":{"latitude":1,"longitude":2,"name":"Home","address":"Main St 1"}"#,
            "[location] Home, Main St 1"),
        Sample("location", #""location":{"latitude":52.520008,"longitude":-13.40}"#, "[location] 52.520008, -13.40"),
        Sample("location", #""location":{"latitude":"52.5","longitude":"13.4"}"#, "[location] 52.5, 13.4"),
        Sample("location", #""location":{}"#, "[location]"),
        Sample(
            "contacts", #""contacts":[{"name":{"formatted_name":"Ana Diaz","first_name":"Ana"}}]"#, "[contact] Ana Diaz"
        ),
        Sample("contacts", #""contacts":[{"name":{"first_name":"Ana","last_name":"Diaz"}}]"#, "[contact] Ana Diaz"),
        Sample("contacts", #""contacts":[{"phones":[{"phone":"+49 151","type":"CELL"}]}]"#, "[contact] +49 151"),
        Sample(
            "contacts", #""contacts":[{"org":{"company":"Roofs Ltd"}},{"name":{"formatted_name":"Bo"}}]"#,
            "[contacts] Roofs Ltd, Bo"),
        Sample("contacts", #""contacts":[{"vcard":"BEGIN:VCARD"}]"#, "[contact]"),
        Sample("contacts", #""contacts":{}"#, "[contact]"),
        Sample("interactive", #""interactive":{"type":"button_reply","button_reply":{"id":"b","title":"Yes"}}"#, "Yes"),
        Sample(
            "interactive",
            #""interactive":{"type":"list_reply","list_reply":{"id":"l","title":"Tiles","description":"d"}}"#,
            "Tiles"),
        Sample("interactive", #""interactive":{"type":"list_reply","list_reply":{"id":"l"}}"#, "l"),
        Sample(
            "interactive",
            #""interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{oops"}}"#,
            "[form] Sent"),
        Sample(
            "interactive",
            #""interactive":{"type":"call_permission_reply","call_permission_reply":{"response":"accept","is_permanent":false}}"#,
            "[call permission] accept"),
        Sample("interactive", #""interactive":{"type":"hologram","hologram":{}}"#, "[interactive] hologram"),
        Sample(
            "interactive", #""errors":[{"code":131000,"title":"Something went wrong"}]"#,
            "[interactive] Something went wrong"),
        Sample("button", #""button":{"payload":"STOP","text":"Stop it"}"#, "Stop it"),
        Sample("button", #""button":{"payload":"STOP"}"#, "STOP"),
        Sample("reaction", #""reaction":{"message_id":"wamid.X","emoji":"👍"}"#, "[reaction] 👍"),
        Sample("reaction", #""reaction":{"message_id":"wamid.X","emoji":""}"#, "[reaction removed]"),
        Sample("reaction", #""reaction":{"message_id":"wamid.X"}"#, "[reaction removed]"),
        Sample(
            "order", #""order":{"catalog_id":"c","text":"","product_items":[{"quantity":2},{"quantity":1}]}"#,
            "[order] 2 items"),
        Sample(
            "order", #""order":{"text":"fast please","product_items":[{"item_price":1.5}]}"#,
            "[order] 1 item: fast please"),
        Sample("order", #""order":{}"#, "[order] 0 items"),
        Sample(
            "system", #""system":{"type":"user_changed_number","body":"Ana changed","wa_id":"1"}"#,
            "[system] Ana changed"),
        Sample("system", #""system":{"type":"user_changed_user_id"}"#, "[system] user_changed_user_id"),
        Sample(
            "unsupported", #""unsupported":{"type":"poll_creation"},"errors":[{"code":131051,"title":"Unknown"}]"#,
            "[unsupported] poll_creation"),
        Sample(
            "unsupported",
            #""errors":[{"code":131051,"title":"T","message":"M","error_data":{"details":"Not supported."}}]"#,
            "[unsupported] Not supported."),
        Sample(
            "unknown", #""errors":[{"code":131051,"title":"T","details":"Not supported"}]"#, "[unknown] Not supported"),
        Sample("request_welcome", "", "[chat opened]"),
        Sample(
            "edit", #""edit":{"original_message_id":"wamid.X","message":{"type":"text","text":{"body":"New"}}}"#, "New"),
        Sample(
            "edit", #""edit":{"original_message_id":"wamid.X","message":{"type":"image","image":{"id":"1"}}}"#,
            "[image]"),
        Sample("edit", #""edit":{"original_message_id":"wamid.X","message":{"type":"edit","edit":{}}}"#, "[edit]"),
        Sample("edit", #""edit":{"original_message_id":"wamid.X"}"#, "[edit]"),
        Sample("revoke", #""revoke":{"original_message_id":"wamid.X"}"#, "[message deleted]"),
        Sample("poll", #""poll":{"name":"Where?"}"#, "[poll] Where?"),
        Sample("note", #""note":{"body":"Words"}"#, "[note] Words"),
        Sample("note", #""note":"Words""#, "[note] Words"),
        Sample("hologram", #""hologram":{"depth":3}"#, "[hologram]"),
        Sample("hologram", "", "[hologram]"),
    ])
    func everyTypeHasWords(sample: Sample) throws {
        let message = try Webhook.parsedMessage(sample.members)
        #expect(message.text == sample.text)
        #expect(message.type == sample.type)
        #expect(message.raw.text == Webhook.message(sample.members))
    }

    @Test(arguments: [
        (#""text":{"body":"a"}"#, "text", "a"), (#""type":null,"image":{"id":"1"}"#, "image", "[image]"),
        (#""type":7,"x":1"#, "7", "[7]"), (#""type":"","button":{"text":"b"}"#, "button", "b"),
        (#""x":{"body":"a"}"#, "unknown", "[unknown]"), (#""type":{"a":1}"#, "unknown", "[unknown]"),
    ])
    func aMissingTypeIsToldByTheBody(members: String, type: String, text: String) throws {
        let message = try Webhook.parsedMessage(members)
        #expect(message.type == type)
        #expect(message.text == text)
    }

    @Test func longContactListsAreCounted() throws {
        let cards = (1...12).map { #"{"name":{"formatted_name":"P\#($0)"}}"# }.joined(separator: ",")
        let message = try Webhook.parsedMessage(#""type":"contacts","contacts":[\#(cards)]"#)
        #expect(message.text == "[contacts] P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, and 2 more")
    }
}
