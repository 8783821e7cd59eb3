import Testing

@testable import WhatsAppPayload

@Suite struct CustomerTests {
    private func customers(_ messages: [String], contacts: String?) throws -> [Customer] {
        let all = messages.enumerated().map { #"{"id":"wamid.\#($0)","type":"text"\#($1)}"# }.joined(separator: ",")
        let members = contacts.map { #""contacts":\#($0),"# } ?? ""
        return try Webhook.parse(Webhook.value(#"\#(members)"messages":[\#(all)]"#)).messages.map(\.customer)
    }

    private func customer(_ message: String, contacts: String? = nil) throws -> Customer {
        try #require(try customers([message], contacts: contacts).first)
    }

    @Test(arguments: [
        (#","from":"4915155500100""#, Customer(waID: "4915155500100")),
        (#","from":4915155500100"#, Customer(waID: "4915155500100")),
        (#","from":"+49 (151) 555-001""#, Customer(waID: "49151555001")),
        (#","from":"PHONE_NUMBER""#, Customer(waID: "PHONE_NUMBER")),
        (#","from":"DE.13491208655302741918""#, Customer(userID: "DE.13491208655302741918")),
        (#","from":"DE.ENT.118157992A""#, Customer(userID: "DE.ENT.118157992A")),
        (#","from":"De.1349""#, Customer(waID: "De.1349")), (#","from":"DE.""#, Customer(waID: "DE.")),
        (#","from":"DE.13-49""#, Customer(waID: "DE.13-49")),
        (#","from":"DE.1","from_user_id":"DE.2""#, Customer(userID: "DE.2")),
        (
            #","from":"4915155500100","from_user_id":"DE.2","from_parent_user_id":"DE.ENT.3""#,
            Customer(userID: "DE.2", parentUserID: "DE.ENT.3", waID: "4915155500100")
        ),
        (#","from":"","from_user_id":"any shape""#, Customer(userID: "any shape")),
        (#","from":null"#, Customer()), (#","from":["4915155500100"]"#, Customer()), ("", Customer()),
    ])
    func aMessageWithoutContactsSaysWhoSentIt(members: String, expected: Customer) throws {
        #expect(try customer(members) == expected)
    }

    @Test func aNameTooLongForAnIdentifierIsNone() throws {
        let long = String(repeating: "9", count: 513)
        #expect(try customer(#","from":"\#(long)","from_user_id":"\#(long)""#) == Customer())
    }

    @Test func contactsAreMatchedByIdentityAndNotByOrder() throws {
        let contacts = """
            [{"profile":{"name":"Bo"},"wa_id":"222222"},{"profile":{"name":"Al"},"wa_id":"111111","user_id":"DE.1"},\
            {"profile":{"name":"Cy"},"user_id":"DE.3","parent_user_id":"DE.ENT.3","wa_id":"DE.3"}]
            """
        let found = try customers(
            [#","from":"111111""#, #","from":"222222""#, #","from_user_id":"DE.3""#, #","from":"DE.1""#],
            contacts: contacts)
        #expect(
            found == [
                Customer(userID: "DE.1", waID: "111111", profileName: "Al"),
                Customer(waID: "222222", profileName: "Bo"),
                Customer(userID: "DE.3", parentUserID: "DE.ENT.3", profileName: "Cy"),
                Customer(userID: "DE.1", waID: "111111", profileName: "Al"),
            ])
    }

    @Test func manyContactsAreMatchedAlike() throws {
        let people = 0..<200
        let contacts = people.reversed().map {
            #"{"profile":{"name":"N\#($0)"},"wa_id":"\#(100_000 + $0)","user_id":"DE.\#($0)"}"#
        }
        let messages = people.map {
            $0.isMultiple(of: 2) ? #","from":"\#(100_000 + $0)""# : #","from_user_id":"DE.\#($0)""#
        }
        let found = try customers(messages, contacts: "[" + contacts.joined(separator: ",") + "]")
        #expect(found == people.map { Customer(userID: "DE.\($0)", waID: "\(100_000 + $0)", profileName: "N\($0)") })
    }

    @Test func aRecycledNumberDoesNotMixTwoPeople() throws {
        let contacts = #"[{"profile":{"name":"New"},"wa_id":"111111","user_id":"DE.NEW"}]"#
        #expect(
            try customer(#","from":"111111","from_user_id":"DE.OLD""#, contacts: contacts)
                == Customer(userID: "DE.OLD", waID: "111111"))
    }

    @Test func theOnlyContactBelongsToTheOnlyMessage() throws {
        // Brazil and Mexico: `from` and `wa_id` may be written differently.
        let contacts = #"[{"profile":{"name":"Rui"},"wa_id":"5511987654321","user_id":"BR.1"}]"#
        #expect(
            try customer(#","from":"551187654321""#, contacts: contacts)
                == Customer(userID: "BR.1", waID: "551187654321", profileName: "Rui"))
        #expect(
            try customer("", contacts: contacts) == Customer(userID: "BR.1", waID: "5511987654321", profileName: "Rui"))
    }

    @Test func orderCountsOnlyForMessagesThatNameNobody() throws {
        let contacts = #"[{"wa_id":"111111"},{"wa_id":"222222"}]"#
        #expect(
            try customers(["", #","from":"333333""#], contacts: contacts)
                == [Customer(waID: "111111"), Customer(waID: "333333")])
        #expect(try customers(["", "", ""], contacts: contacts) == [Customer(), Customer(), Customer()])
    }

    @Test(arguments: [
        "[]", "null", "7", #"{"wa_id":"1"}"#, #"[null,7,"x"]"#, #"[{}]"#, #"[{"profile":"Ana","wa_id":{}}]"#,
    ])
    func oddContactsDoNoHarm(contacts: String) throws {
        #expect(try customer(#","from":"111111""#, contacts: contacts) == Customer(waID: "111111"))
    }

    @Test func namesAreCleanedAndUsernamesFoundInBothPlaces() throws {
        #expect(
            try customer(
                #","from":"111111""#,
                contacts: #"[{"profile":{"name":"A\u0000\ud83d"},"username":"u","wa_id":"111111"}]"#)
                == Customer(waID: "111111", profileName: "A\u{FFFD}\u{FFFD}", username: "u"))
    }

    @Test func anybodyWithOneIdentityIsIdentified() {
        #expect(Customer(userID: "DE.1").isIdentified)
        #expect(Customer(waID: "1").isIdentified)
        #expect(!Customer(parentUserID: "DE.ENT.1", profileName: "Ana").isIdentified)
    }
}
