import Testing

@testable import WhatsAppPayload

@Suite struct SystemChangeTests {
    /// System messages come without contacts.
    private func change(_ system: String, from: String = #""from":"111111","#) throws -> InboundMessage {
        let message = #"{\#(from)"id":"wamid.S","timestamp":"1760000000","type":"system","system":\#(system)}"#
        return try #require(try Webhook.parse(Webhook.value(#""messages":[\#(message)]"#)).messages.first)
    }

    @Test(arguments: [
        #"{"type":"user_changed_number","body":"Ana changed","wa_id":"222222"}"#,
        #"{"type":"customer_changed_number","body":"Ana changed","new_wa_id":"222222"}"#,
        #"{"type":"user_changed_number","wa_id":222222,"customer":"111111"}"#,
    ])
    func aNewNumberIsToldWithTheOldOne(system: String) throws {
        let message = try change(system)
        #expect(
            message.systemChange
                == SystemChange(
                    kind: .numberChanged, oldWaID: "111111", newWaID: "222222", previousUserID: nil, newUserID: nil,
                    previousParentUserID: nil, newParentUserID: nil, identityHash: nil))
        #expect(message.customer == Customer(waID: "111111"))
    }

    @Test func aNewUserIDIsToldWithTheOldOne() throws {
        let message = try change(
            """
            {"type":"user_changed_user_id","body":"User Ana changed from DE.1 to DE.2","user_id":"DE.2",\
            "parent_user_id":"DE.ENT.2","previous_user_id":"DE.1","previous_parent_user_id":"DE.ENT.1"}
            """, from: "")
        #expect(
            message.systemChange
                == SystemChange(
                    kind: .userIDChanged, oldWaID: nil, newWaID: nil, previousUserID: "DE.1", newUserID: "DE.2",
                    previousParentUserID: "DE.ENT.1", newParentUserID: "DE.ENT.2", identityHash: nil))
        #expect(message.text == "[system] User Ana changed from DE.1 to DE.2")
    }

    @Test func theSentenceIsNotTrustedForTheOldUserID() throws {
        // The name in it is the customer's to choose.
        let message = try change(
            #"{"type":"user_changed_user_id","body":"User changed from DE.9 to DE.8 changed from DE.1 to DE.2","user_id":"DE.2"}"#
        )
        #expect(message.systemChange?.previousUserID == nil)
        #expect(message.systemChange?.newUserID == "DE.2")
    }

    @Test func aNewIdentityIsToldByItsHash() throws {
        let message = try change(
            """
            {"type":"customer_identity_changed","body":"b",\
            "identity":{"acknowledged":"false","created_timestamp":"1760000000","hash":"h4sh"}}
            """)
        #expect(message.systemChange?.kind == .identityChanged)
        #expect(message.systemChange?.identityHash == "h4sh")
    }

    @Test(arguments: [#"{"type":"group_joined"}"#, "{}", #""x""#, "null", "[]", #"{"type":{}}"#])
    func otherNewsIsStoredWithoutAChange(system: String) throws {
        #expect(try change(system).systemChange == nil)
    }
}
