import Testing

@testable import WhatsAppPayload

@Suite struct MessageFieldTests {
    @Test func aTextMessageIsReadWhole() throws {
        let contents = try Webhook.parse(
            Webhook.messages(Webhook.message(#""type":"text","text":{"body":"Hi"},"group_id":"G1""#)))
        let message = try #require(contents.messages.first)
        #expect(contents.items.count == 1)
        #expect(message.wabaID == Webhook.wabaID)
        #expect(message.phoneNumberID == Webhook.phoneNumberID)
        #expect(message.displayPhoneNumber == Webhook.displayPhoneNumber)
        #expect(message.wamid == "wamid.IN1")
        #expect(message.direction == .inbound)
        #expect(message.groupID == "G1")
        #expect(message.timestamp == 1_760_000_000)
        #expect(message.customer == Customer(waID: "4915155500100", profileName: "Ana Diaz", username: "ana.d"))
        #expect(message.media == nil)
        #expect(message.context == nil)
        #expect(message.change == nil)
        #expect(message.systemChange == nil)
        #expect(message.errors == [])
    }

    @Test(arguments: ["image", "video", "audio", "document", "sticker", "hologram"])
    func mediaIsReferredTo(type: String) throws {
        let object = """
            {"id":"9001","mime_type":"a/b; codecs=c","sha256":"SfInY0gGKTsJlUWbwxC1k+FAD0F=","filename":"f.x",\
            "url":"https://lookaside.fbsbx.com/x?y=1","voice":true,"animated":true}
            """
        let message = try Webhook.parsedMessage(#""type":"\#(type)","\#(type)":\#(object)"#)
        #expect(
            message.media
                == MediaReference(
                    id: "9001", mimeType: "a/b; codecs=c", sha256: "SfInY0gGKTsJlUWbwxC1k+FAD0F=", filename: "f.x",
                    url: "https://lookaside.fbsbx.com/x?y=1", voice: true, animated: true))
    }

    @Test func mediaWithNumbersAndGapsIsReferredTo() throws {
        let message = try Webhook.parsedMessage(#""type":"image","image":{"id":9001,"voice":"true"}"#)
        #expect(
            message.media
                == MediaReference(
                    id: "9001", mimeType: nil, sha256: nil, filename: nil, url: nil, voice: true, animated: false))
    }

    @Test(arguments: [
        #""type":"image""#, #""type":"image","image":"x""#, #""type":"text","text":{"body":"x","id":"1"}"#,
    ])
    func whatHasNoMediaRefersToNone(members: String) throws {
        #expect(try Webhook.parsedMessage(members).media == nil)
    }

    @Test func theContextIsRead() throws {
        let message = try Webhook.parsedMessage(
            """
            "type":"text","text":{"body":"x"},"context":{"from":"4915155500199","id":"wamid.OUT1","forwarded":true,\
            "frequently_forwarded":true,"referred_product":{"catalog_id":"C","product_retailer_id":"P"}}
            """)
        #expect(
            message.context
                == MessageContext(
                    repliedTo: "wamid.OUT1", from: "4915155500199", forwarded: true, frequentlyForwarded: true,
                    referredCatalogID: "C", referredProductID: "P"))
        let forwarded = try Webhook.parsedMessage(#""type":"text","context":{"forwarded":true}"#)
        #expect(forwarded.context?.repliedTo == nil)
        #expect(forwarded.context?.forwarded == true)
        #expect(forwarded.context?.frequentlyForwarded == false)
        #expect(try Webhook.parsedMessage(#""type":"text","context":[]"#).context == nil)
    }

    @Test(
        arguments: [
            (#""reaction","reaction":{"message_id":"wamid.T","emoji":"👍"}"#, .reaction(target: "wamid.T", emoji: "👍")),
            (#""reaction","reaction":{"message_id":"wamid.T","emoji":""}"#, .reaction(target: "wamid.T", emoji: nil)),
            (#""reaction","reaction":{"message_id":"wamid.T"}"#, .reaction(target: "wamid.T", emoji: nil)),
            (#""reaction","reaction":{"emoji":"👍"}"#, nil), (#""reaction","reaction":"👍""#, nil),
            (#""edit","edit":{"original_message_id":"wamid.T","message":{"type":"text"}}"#, .edit(target: "wamid.T")),
            (#""edit","edit":{}"#, nil),
            (#""revoke","revoke":{"original_message_id":"wamid.T"}"#, .revoke(target: "wamid.T")),
            (#""revoke""#, nil), (#""text","revoke":{"original_message_id":"wamid.T"}"#, nil),
        ] as [(String, MessageChange?)])
    func whatChangesAnotherMessageNamesIt(type: String, change: MessageChange?) throws {
        let message = try Webhook.parsedMessage(#""type":"# + type)
        #expect(message.change == change)
        #expect(message.change?.target == (change == nil ? nil : "wamid.T"))
    }

    @Test func anEditCarriesTheNewMedia() throws {
        let message = try Webhook.parsedMessage(
            """
            "type":"edit","edit":{"original_message_id":"wamid.T","message":{"type":"image","context":{"id":"c"},\
            "image":{"id":"77","caption":"better"}}}
            """)
        #expect(message.media?.id == "77")
        #expect(message.text == "better")
    }

    @Test func errorsOfAMessageAreRead() throws {
        let message = try Webhook.parsedMessage(
            """
            "type":"unsupported","errors":[{"code":131051,"title":"T","message":"M","error_data":{"details":"D"},"href":"h"},\
            {"code":"131000","error_data":"bare"},{"code":1,"details":"beside"},{}, 7]
            """)
        #expect(
            message.errors == [
                ReportedError(code: 131051, title: "T", message: "M", details: "D"),
                ReportedError(code: 131000, title: nil, message: nil, details: "bare"),
                ReportedError(code: 1, title: nil, message: nil, details: "beside"),
                ReportedError(code: nil, title: nil, message: nil, details: nil),
            ])
        #expect(try Webhook.parsedMessage(#""type":"text","errors":{"code":5}"#).errors.map(\.code) == [5])
    }

    @Test func errorsAreWrittenAsJSONThatPostgresTakes() throws {
        let errors = try Webhook.parsedMessage(
            #""type":"unknown","errors":[{"code":5,"title":"a\"\\\u0000\n\ud83d"},{"message":"é","error_data":{"details":"d"}}]"#
        ).errors
        #expect(
            ReportedError.jsonText(errors)
                == #"[{"code":5,"title":"a\"\\\#u{FFFD}\u000a\#u{FFFD}"},{"message":"é","details":"d"}]"#)
        #expect(ReportedError.jsonText([]) == nil)
    }

    @Test(
        arguments: [
            (#""1760000000""#, 1_760_000_000), ("1760000000", 1_760_000_000), ("1760000000.9", 1_760_000_000),
            (#""1760000000.9""#, 1_760_000_000), ("1.76e9", 1_760_000_000), ("1760000000123", 1_760_000_000),
            ("0", nil),
            ("-5", nil), (#""""#, nil), (#""soon""#, nil), ("null", nil), ("[1]", nil), ("1e30", nil),
            (#""99999999999999999999""#, nil), (#""nan""#, nil), (#""inf""#, nil), ("true", nil),
        ] as [(String, Int64?)])
    func timesAreReadInSeconds(written: String, expected: Int64?) throws {
        let body = Webhook.messages(#"{"id":"wamid.A","from":"49151555001","type":"text","timestamp":\#(written)}"#)
        #expect(try Webhook.parse(body).messages.first?.timestamp == expected)
    }

    @Test(arguments: ["smb_message_echoes", "message_echoes"])
    func echoesAreOurOwnMessages(field: String) throws {
        let echo = """
            {"from":"4915155500199","to":"4915155500100","to_user_id":"DE.123","id":"wamid.E","timestamp":"1760000000",\
            "type":"text","text":{"body":"from the app"}}
            """
        for key in ["message_echoes", "messages"] {
            let contents = try Webhook.parse(
                Webhook.value(#""contacts":[\#(Webhook.contact)],"\#(key)":[\#(echo)]"#, field: field))
            let message = try #require(contents.messages.first)
            #expect(contents.items.count == 1)
            #expect(message.direction == .echo)
            #expect(message.customer.waID == "4915155500100")
            #expect(message.customer.userID == "DE.123")
            #expect(message.customer.profileName == "Ana Diaz")
            #expect(message.text == "from the app")
        }
    }
}
