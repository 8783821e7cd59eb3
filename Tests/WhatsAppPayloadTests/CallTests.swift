import Testing

@testable import WhatsAppPayload

@Suite("Calls") struct CallTests {
    private func calls(_ calls: String, contacts: String = "") throws -> [CustomerCall] {
        let contents = try Webhook.parse(Webhook.value("\(contacts)\"calls\":[\(calls)]", field: "calls"))
        let event = try #require(contents.events.first)
        #expect(contents.items.count == 1 && event.field == "calls" && event.reason == .field)
        return event.calls
    }

    @Test("one that a customer made says who and when, whether it rings, was answered or missed")
    func customers() throws {
        let rings =
            #"{"id":"wacid.1","from":"4915155500100","to":"4915155500199","event":"connect","timestamp":"1760000000","#
            + #""direction":"USER_INITIATED","session":{"sdp_type":"offer","sdp":"v=0"}}"#
        let answered =
            #"{"id":"wacid.1","from":"4915155500100","event":"terminate","timestamp":"1760000090","status":"COMPLETED","#
            + #""direction":"USER_INITIATED","start_time":"1760000010","end_time":"1760000090","duration":80}"#
        let missed =
            #"{"id":"wacid.2","from":"+49 151 55500100","event":"terminate","timestamp":1760000200,"status":"FAILED","#
            + #""direction":"USER_INITIATED"}"#
        let read = try calls([rings, answered, missed].joined(separator: ","))
        #expect(read.map(\.customer.waID) == Array(repeating: "4915155500100", count: 3))
        #expect(read.map(\.startedAt) == [1_760_000_000, 1_760_000_010, 1_760_000_200])
    }

    @Test("the contact beside it tells the name and the ids, also where the business stands as the caller")
    func contact() throws {
        let contacts =
            #""contacts":[{"profile":{"name":"Ana Diaz"},"wa_id":"4915155500100","user_id":"DE.1"}],"#
        let odd =
            #"{"id":"wacid.1","from":"4915155500199","timestamp":"1760000000","direction":"USER_INITIATED"}"#
        let call = try #require(try calls(odd, contacts: contacts).first)
        #expect(call.customer.waID == "4915155500100" && call.customer.userID == "DE.1")
        #expect(call.customer.profileName == "Ana Diaz")
        let hidden =
            #"{"id":"wacid.1","from_user_id":"DE.1","timestamp":"1760000000","direction":"USER_INITIATED"}"#
        #expect(try calls(hidden).first?.customer.userID == "DE.1")
    }

    @Test(
        "one that the business made, or that does not say who or when, is none of a customer's",
        arguments: [
            #"{"from":"4915155500199","to":"4915155500100","timestamp":"1760000000","direction":"BUSINESS_INITIATED"}"#,
            #"{"from":"4915155500100","timestamp":"1760000000"}"#,
            #"{"from":"4915155500100","timestamp":"soon","direction":"USER_INITIATED"}"#,
            #"{"from":"4915155500199","timestamp":"1760000000","direction":"USER_INITIATED"}"#,
            #"{"timestamp":"1760000000","direction":"USER_INITIATED"}"#, "7", "[]", "null",
        ])
    func none(call: String) throws {
        #expect(try calls(call).isEmpty)
    }

    @Test("another field's calls are nobody's, nor are those that are no list")
    func shapes() throws {
        let call = #"{"from":"4915155500100","timestamp":"1760000000","direction":"USER_INITIATED"}"#
        for body in [
            Webhook.value(#""calls":[\#(call)]"#, field: "flows"), Webhook.value(#""calls":\#(call)"#, field: "calls"),
        ] {
            #expect(try Webhook.parse(body).events.map(\.calls.count) == [0])
        }
    }
}
