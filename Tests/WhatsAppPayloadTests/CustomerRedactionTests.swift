import TestSupport
import Testing

@testable import WhatsAppPayload

@Suite("What is left of a payload without an erased customer")
struct CustomerRedactionTests {
    private static let scope = ErasureScope(
        tenant: "7", own: .init(numbers: ["100"], accounts: ["waba-1"]),
        others: .init(numbers: ["200"], accounts: ["waba-2"]), takesUnclaimed: false)

    private func redacted(
        _ text: String, operators: Bool = false, identities: Set<String> = ["16505550001", "US.ana12", "123"],
        _ body: (CustomerRedaction, [UInt8]) -> CustomerRedaction.Result = {
            $0.payload($1)
        }
    ) -> (text: String?, names: Set<String>) {
        let scope = ErasureScope(
            tenant: Self.scope.tenant, own: Self.scope.own, others: Self.scope.others, takesUnclaimed: operators)
        let redaction = CustomerRedaction(identities: identities, scope: scope)
        let result = body(redaction, Array(text.utf8))
        switch result.outcome {
        case .untouched: return (text, result.names)
        case .removed: return (nil, result.names)
        case .replaced(let bytes): return (String(decoding: bytes, as: UTF8.self), result.names)
        }
    }

    private static func change(_ members: String, number: String = "100") -> String {
        #"{"field":"messages","value":{"metadata":{"phone_number_id":"\#(number)"},\#(members)}}"#
    }

    private static func body(_ changes: String..., account: String = "waba-1") -> String {
        #"{"object":"whatsapp_business_account","entry":[{"id":"\#(account)","changes":[\#(changes.joined(separator: ","))]}]}"#
    }

    private static let theirs = #"{"from":"16505550001","id":"w1","text":{"body":"a"}}"#
    private static let others = #"{"from" : "1999","id":"w2","text":{"body":"b"}}"#

    @Test(
        "their items are cut out of their lists; those of others stay byte for byte, and so do the places of contacts")
    func mixed() {
        let contacts = #""contacts":[{"profile":{"name":"Ana"},"wa_id":"16505550001"},{"wa_id":"1999"}]"#
        let left = #""contacts":[null,{"wa_id":"1999"}]"#
        for (items, rest) in [
            ("\(Self.theirs), \(Self.others)", Self.others), ("\(Self.others) ,\(Self.theirs)", Self.others),
            ("\(Self.theirs),\(Self.theirs), \(Self.others),\n\(Self.theirs)", Self.others),
            ("\(Self.others),\(Self.theirs) , \(Self.others)", "\(Self.others) , \(Self.others)"),
        ] {
            let found = redacted(Self.body(Self.change("\(contacts),\"messages\":[\(items)]")))
            #expect(found.text == Self.body(Self.change("\(left),\"messages\":[\(rest)]")), "\(items)")
            #expect(found.names == ["w1"])
        }
    }

    @Test("a change of which nothing is left goes, and with the last of them the whole")
    func emptied() {
        let gone = Self.change(#""messages":[\#(Self.theirs)]"#)
        let kept = Self.change(#""messages":[\#(Self.others)]"#)
        #expect(redacted(Self.body(gone, kept)).text == Self.body(kept))
        #expect(redacted(Self.body(gone)).text == nil)
        let status = #"{"id":"w3","status":"read","recipient_id":"16505550001"}"#
        #expect(redacted(Self.body(Self.change(#""statuses":[\#(status)]"#))).names == ["w3"])
        let both = Self.change(#""messages":[\#(Self.theirs)],"statuses":[{"id":"w4","recipient_id":"1999"}]"#)
        let rest = Self.change(#""messages":[],"statuses":[{"id":"w4","recipient_id":"1999"}]"#)
        #expect(redacted(Self.body(both)).text == Self.body(rest))
    }

    @Test("what others say stays, also where they speak of the customer")
    func mentions() {
        let mention = #"{"from":"1999","id":"w2","text":{"body":"ask 16505550001"}}"#
        let body = Self.body(Self.change(#""messages":[\#(mention),\#(Self.theirs)]"#))
        #expect(redacted(body).text == Self.body(Self.change(#""messages":[\#(mention)]"#)))
    }

    @Test("another tenant's changes stay; what no tenant has is for operators")
    func owners() {
        let foreign = Self.body(Self.change(#""messages":[\#(Self.theirs)]"#, number: "200"))
        let nobodys = Self.body(Self.change(#""messages":[\#(Self.theirs)]"#, number: "300"), account: "waba-3")
        let foreignAccount = Self.body(Self.change(#""messages":[\#(Self.theirs)]"#, number: "300"), account: "waba-2")
        for operators in [false, true] {
            #expect(redacted(foreign, operators: operators).text == foreign)
            let short = #"{"type":"webhook","payload":\#(foreign)}"#
            #expect(redacted(short, operators: operators) { $0.shortForm($1) }.text == short)
            #expect(redacted(foreignAccount, operators: operators).text == foreignAccount)
        }
        let beside = #"{"entry":[{"id":"waba-2","changes":[],"messaging":[{"from":"16505550001"}]}]}"#
        #expect(redacted(beside).text == beside && redacted(beside, operators: true).text == beside)
        #expect(redacted(nobodys).text == nobodys)
        #expect(redacted(nobodys, operators: true).text == nil)
        #expect(redacted("not json 16505550001").text == "not json 16505550001")
        #expect(redacted("not json 16505550001", operators: true).text == nil)
        #expect(redacted("not json", operators: true).text == "not json")
    }

    @Test(
        "an id that is also a word of the form takes nothing of another tenant with it",
        arguments: ["changes", "messages", "metadata", "phone_number_id", "whatsapp_business_account"])
    func words(id: String) {
        let foreign = Self.change(#""messages":[\#(Self.others)]"#, number: "200")
        for operators in [false, true] {
            for body in [Self.body(foreign, account: "waba-2"), Self.body(foreign, Self.change(#""messages":[]"#))] {
                let left = redacted(body, operators: operators, identities: [id]).text
                #expect(left?.contains(foreign) == true, "\(left ?? "nothing")")
            }
            let request = #"{"tenant":"8","to":"+1999","messages":{"changes":1}}"#
            #expect(redacted(request, operators: operators, identities: [id]).text == request)
        }
    }

    @Test("what shows no number of an account that several tenants name is nobody's")
    func sharedAccount() {
        for operators in [false, true] {
            let scope = ErasureScope(
                tenant: "7", own: .init(numbers: ["100"], accounts: ["shared"]),
                others: .init(numbers: ["200"], accounts: ["shared"]), takesUnclaimed: operators)
            #expect(scope.covers(number: "100", account: "shared"))
            #expect(!scope.covers(number: "200", account: "shared"))
            #expect(scope.covers(number: "300", account: "shared") == operators)
            #expect(scope.covers(number: nil, account: "shared") == operators)
        }
    }

    @Test("a participant's status of a message to a group goes without the others', and is remembered by itself")
    func participants() {
        func status(_ person: String) -> String {
            #"{"id":"g1","status":"read","recipient_id":"group-1","recipient_type":"group","recipient_participant_id":"\#(person)"}"#
        }
        let found = redacted(Self.body(Self.change(#""statuses":[\#(status("16505550001")),\#(status("1999"))]"#)))
        #expect(found.text == Self.body(Self.change(#""statuses":[\#(status("1999"))]"#)))
        #expect(found.names == [ErasedName.status(of: "g1", participant: "16505550001")])
    }

    @Test("a request to the customer goes as a whole; one to somebody else, or another tenant's, stays")
    func requests() {
        #expect(redacted(#"{"tenant":"7","to":"+1 (650) 555-0001","note":"16505550001"}"#).text == nil)
        #expect(redacted(#"{"tenant":7,"to":"+16505550001"}"#).text == nil)
        #expect(redacted(#"{"tenant":"7","recipient":"US.ana12"}"#).text == nil)
        for stays in [
            #"{"tenant":"7","to":"+16505550002","body":"ask +16505550001"}"#, #"{"tenant":"8","to":"+16505550001"}"#,
            #"{"to":"+16505550001"}"#, #"{"tenant":"7","to":"+123"}"#,
        ] { #expect(redacted(stays).text == stays) }
        #expect(redacted(#"{"to":"+16505550001"}"#, operators: true).text == nil)
        let short = #"{"type":"text","payload":{"tenant":"7","to":"+16505550001"}}"#
        #expect(redacted(short) { $0.shortForm($1) }.text == nil)
    }

    @Test("raw items of other fields lose what names the customer")
    func otherFields() {
        let history =
            #"{"field":"history","value":{"history":[{"threads":[{"id":"16505550001","messages":[\#(Self.theirs)]},"#
            + #"{"id":"1999","messages":[\#(Self.others)]}]}]}}"#
        let found = redacted(history) { $0.item($1) }.text
        #expect(
            found
                == #"{"field":"history","value":{"history":[{"threads":[{"id":"1999","messages":[\#(Self.others)]}]}]}}"#
        )
        #expect(redacted(#"{"code":1,"details":"16505550001 is away"}"#) { $0.item($1) }.text == nil)
        #expect(redacted(#"{"a":{"16505550001":{"b":1}}}"#) { $0.item($1) }.text == #"{"a":null}"#)
    }

    @Test("of random bodies all items of others are left as they were, and nothing of the customer", arguments: 1...40)
    func random(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let people = ["16505550001", "19990001", "19990002"]
        var serial = 0
        func items(_ name: String, _ make: (String, Int) -> String) -> String {
            let list = (0..<Int.random(in: 0...4, using: &random)).map { _ -> String in
                serial += 1
                return make(people.randomElement(using: &random) ?? "", serial)
            }
            return #""\#(name)":[\#(list.joined(separator: Bool.random(using: &random) ? "," : " ,\n"))]"#
        }
        let changes = (0..<Int.random(in: 1...4, using: &random)).map { _ in
            Self.change(
                [
                    items("contacts") { person, _ in #"{"wa_id":"\#(person)","profile":{"name":"\#(person)"}}"# },
                    items("messages") { #"{"from":"\#($0)","id":"m\#($1)","type":"text","text":{"body":"x"}}"# },
                    items("statuses") { #"{"recipient_id":"\#($0)","id":"s\#($1)","status":"read"}"# },
                ].joined(separator: ","))
        }
        let body = Self.body(changes[0]).replacing(changes[0], with: changes.joined(separator: ","))
        var parser = WebhookParser()
        func raws(_ text: String) throws -> [String] {
            try parser.parse(Array(text.utf8)).items.compactMap { item in
                switch item {
                case .message(let message): message.customer.waID == people[0] ? nil : rawText(item)
                case .status(let status): status.recipientWaID == people[0] ? nil : rawText(item)
                case .event: nil
                }
            }
        }
        func rawText(_ item: WebhookItem) -> String { item.raw.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
        let expected = try raws(body)
        let rest = redacted(body).text
        if let rest {
            #expect(try raws(rest) == expected, "seed \(seed)")
            #expect(!rest.contains(people[0]))
        } else {
            #expect(expected.isEmpty)
        }
    }
}
