import Testing

@testable import WhatsAppPayload

@Suite struct StatusTests {
    @Test func aStatusIsReadWhole() throws {
        let written = """
            {"id":"wamid.OUT","status":"sent","timestamp":"1760000000","recipient_id":"4915155500100",\
            "recipient_user_id":"DE.1","recipient_parent_user_id":"DE.ENT.1","biz_opaque_callback_data":"01J.1",\
            "recipient_identity_key_hash":"k","conversation":{"id":"C1","expiration_timestamp":"1760086400",\
            "origin":{"type":"utility"}},"pricing":{"billable":true,"pricing_model":"PMP","type":"regular",\
            "category":"utility"}}
            """
        let status = try Webhook.parsedStatus(written)
        #expect(status.wabaID == Webhook.wabaID)
        #expect(status.phoneNumberID == Webhook.phoneNumberID)
        #expect(status.wamid == "wamid.OUT")
        #expect(status.status == "sent")
        #expect(status.known == .sent)
        #expect(status.timestamp == 1_760_000_000)
        #expect(status.recipientWaID == "4915155500100")
        #expect(status.recipientUserID == "DE.1")
        #expect(status.recipientParentUserID == "DE.ENT.1")
        #expect(status.recipientType == nil)
        #expect(status.participant == nil)
        #expect(status.callbackData == "01J.1")
        #expect(status.conversationID == "C1")
        #expect(status.conversationOrigin == "utility")
        #expect(status.conversationExpiry == 1_760_086_400)
        #expect(status.pricing == StatusPricing(billable: true, model: "PMP", type: "regular", category: "utility"))
        #expect(status.errors == [])
        #expect(status.raw.text == written)
    }

    @Test(
        arguments: [
            ("sent", .sent), ("delivered", .delivered), ("read", .read), ("played", .played), ("failed", .failed),
            ("deleted", nil), ("warning", nil), ("Sent", nil),
        ] as [(String, DeliveryStatus?)])
    func everyStatusIsKeptAndTheKnownOnesRecognised(word: String, known: DeliveryStatus?) throws {
        let status = try Webhook.parsedStatus(#"{"id":"wamid.OUT","status":"\#(word)"}"#)
        #expect(status.status == word)
        #expect(status.known == known)
        #expect(status.timestamp == nil)
        #expect(status.pricing == nil)
        #expect(status.conversationID == nil)
    }

    @Test func ranksOnlyGoForward() {
        let ranks = DeliveryStatus.allCases.compactMap(\.rank)
        #expect(ranks == ranks.sorted())
        #expect(Set(ranks).count == ranks.count)
        #expect(DeliveryStatus.allCases.filter { $0.rank == nil } == [.failed])
    }

    @Test func aFailureTellsItsErrors() throws {
        let status = try Webhook.parsedStatus(
            """
            {"id":"wamid.OUT","status":"failed","timestamp":1760000000,"recipient_id":"4915155500100","errors":[{"code":131047,\
            "title":"Re-engagement message","message":"Re-engagement message","error_data":{"details":"More than 24 hours"},"href":"x"}]}
            """)
        #expect(
            status.errors == [
                ReportedError(
                    code: 131047, title: "Re-engagement message", message: "Re-engagement message",
                    details: "More than 24 hours")
            ])
    }

    @Test(
        arguments: [
            (#""recipient_participant_id":"222222""#, "222222"), (#""participant_recipient_id":"222222""#, "222222"),
            (#""recipient_participant_id":"222222","recipient_participant_user_id":"DE.2""#, "222222"),
            (#""recipient_participant_user_id":"DE.2""#, "DE.2"), (#""participant_recipient_user_id":"DE.2""#, "DE.2"),
            (#""recipient_participant_id":"DE.2""#, "DE.2"), (#""x":1"#, nil),
        ] as [(String, String?)])
    func aGroupsStatusNamesItsParticipant(members: String, participant: String?) throws {
        let status = try Webhook.parsedStatus(
            #"{"id":"wamid.OUT","status":"read","recipient_type":"group","recipient_id":"Y2FwaV9ncm91cDo",\#(members)}"#
        )
        #expect(status.participant == participant)
        #expect(status.groupID == "Y2FwaV9ncm91cDo")
        #expect(status.recipientWaID == nil)
        #expect(status.recipientType == "group")
    }

    @Test func aRecipientMayBeABSUIDOrMissing() throws {
        let byUserID = try Webhook.parsedStatus(#"{"id":"wamid.OUT","status":"read","recipient_id":"DE.1"}"#)
        #expect(byUserID.recipientUserID == "DE.1")
        #expect(byUserID.recipientWaID == nil)
        let nobody = try Webhook.parsedStatus(#"{"id":"wamid.OUT","status":"read"}"#)
        #expect(nobody.recipientUserID == nil && nobody.recipientWaID == nil)
    }

    @Test func aContactCompletesTheRecipient() throws {
        let body = Webhook.value(
            """
            "contacts":[{"wa_id":"111111","user_id":"DE.1"}],\
            "statuses":[{"id":"wamid.OUT","status":"read","recipient_id":"111111"},\
            {"id":"wamid.OUT","status":"sent","recipient_user_id":"DE.1"},\
            {"id":"wamid.OUT","status":"sent","recipient_id":"999999"}]
            """)
        let statuses = try Webhook.parse(body).statuses
        #expect(statuses.map(\.recipientWaID) == ["111111", "111111", "999999"])
        #expect(statuses.map(\.recipientUserID) == ["DE.1", "DE.1", nil])
    }

    @Test func callbackDataIsKeptUpToItsLongest() throws {
        let longest = String(repeating: "é", count: 512)
        for (data, expected) in [(longest, longest), (String(repeating: "x", count: 2049), nil), ("", nil)]
            as [(String, String?)]
        {
            let status = try Webhook.parsedStatus(
                #"{"id":"wamid.OUT","status":"sent","biz_opaque_callback_data":"\#(data)"}"#)
            #expect(status.callbackData == expected)
        }
    }
}
