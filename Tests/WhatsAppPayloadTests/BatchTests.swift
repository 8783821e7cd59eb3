import Testing

@testable import WhatsAppPayload

@Suite struct BatchTests {
    @Test func oneBodyMayHoldManyAccountsAndNumbers() throws {
        func entry(_ account: Int) -> String {
            let changes = (0..<2).map { change in
                let messages = (0..<3).map { #"{"id":"wamid.\#(account).\#(change).\#($0)","type":"text"}"# }
                return """
                    {"field":"messages","value":{"metadata":{"phone_number_id":"P\(account)\(change)"},"messages":\
                    [\(messages.joined(separator: ","))],"statuses":[{"id":"wamid.S","status":"sent"}]}}
                    """
            }
            return #"{"id":"W\#(account)","changes":[\#(changes.joined(separator: ","))]}"#
        }
        let contents = try Webhook.parse(Webhook.body(entries: (0..<4).map(entry)))
        #expect(contents.items.count == 4 * 2 * 4)
        #expect(contents.changes.count == 8)
        for (index, change) in contents.changes.enumerated() {
            #expect(change.wabaID == "W\(index / 2)")
            #expect(change.phoneNumberID == "P\(index / 2)\(index % 2)")
            #expect(change.items == index * 4..<index * 4 + 4)
            #expect(contents.items[change.items].allSatisfy { $0.phoneNumberID == change.phoneNumberID })
        }
        #expect(contents.messages.prefix(3).map(\.wamid) == ["wamid.0.0.0", "wamid.0.0.1", "wamid.0.0.2"])
    }

    @Test func aThousandChangesAreAThousandItems() throws {
        let changes = (0..<1_000).map {
            Webhook.change(
                value:
                    #"{\#(Webhook.metadata),"messages":[{"id":"wamid.\#($0)","type":"text","text":{"body":"\#($0)"}}]}"#
            )
        }
        let contents = try Webhook.parse(Webhook.body(entries: [Webhook.entry(changes)]))
        #expect(contents.messages.map(\.text) == (0..<1_000).map(String.init))
    }

    @Test func threeMegabytesLoseNothing() throws {
        let count = 9_000
        let messages = (0..<count).map { number in
            Webhook.message(
                #""type":"text","text":{"body":"\#(String(repeating: "ä\\u00e4", count: 30)) \#(number)"}"#,
                id: "wamid.\(number)")
        }
        let body = Webhook.value(#""contacts":[\#(Webhook.contact)],"messages":[\#(messages.joined(separator: ","))]"#)
        #expect(body.utf8.count > 3_000_000)
        let contents = try Webhook.parse(body)
        #expect(contents.messages.map(\.wamid) == (0..<count).map { "wamid.\($0)" })
        #expect(contents.messages.allSatisfy { $0.customer.profileName == "Ana Diaz" })
        #expect(contents.messages.last?.raw.text == messages.last)
    }

    @Test func nestingTenThousandDeepInsideAnItemLosesNothing() throws {
        let depth = 10_000
        let deep = String(repeating: #"{"a":["#, count: depth) + String(repeating: "]}", count: depth)
        let messages = ["text", "edit", "contacts", "interactive", "hologram", "context", "errors", "system"].map {
            #"{"id":"wamid.\#($0)","type":"\#($0)","\#($0)":\#(deep)}"#
        }
        let contents = try Webhook.parse(Webhook.messages(messages.joined(separator: ",")))
        #expect(contents.messages.map(\.raw.text) == messages)
        let edits =
            String(repeating: #"{"message":{"type":"edit","edit":"#, count: depth) + "{}"
            + String(repeating: "}}", count: depth)
        #expect(try Webhook.parsedMessage(#""type":"edit","edit":\#(edits)"#).text == "[edit]")
    }

    @Test func itemsKeepTheirExactBytes() throws {
        let odd =
            #"{ "id":"wamid.1" ,"type":"text", "text":{"body":"\u00e4\/\ud83d é\u0000"},"n":1.50e0 , "id2":"\#u{0}" }"#
        let contents = try Webhook.parse(
            "\u{FEFF}\n" + Webhook.messages(odd, odd.replacing("wamid.1", with: "wamid.2")) + " \n")
        #expect(contents.messages.map(\.raw.text) == [odd, odd.replacing("wamid.1", with: "wamid.2")])
        let raw = try #require(contents.messages.first).raw
        #expect(raw.count == odd.utf8.count)
        #expect(raw.withUnsafeBytes { Array($0) } == Array(odd.utf8))
        #expect(raw == RawJSON(Array(odd.utf8)))
        #expect(raw.hashValue == RawJSON(Array(odd.utf8)).hashValue)
        #expect(raw != contents.messages[1].raw)
    }

    @Test func itemsOutliveTheBodyAndTheParser() throws {
        var raws: [RawJSON] = []
        do {
            var parser = WebhookParser()
            for number in 0..<3 {
                let body = Array(Webhook.messages(#"{"id":"wamid.\#(number)"}"#).utf8)
                raws += try body.withUnsafeBytes { try parser.parse($0) }.items.map(\.raw)
            }
        }
        #expect(raws.map(\.text) == (0..<3).map { #"{"id":"wamid.\#($0)"}"# })
    }

    @Test func aChangeThatWasKeptReadsTheSameLater() throws {
        let contents = try Webhook.parse(
            Webhook.body(entries: [
                Webhook.entry(
                    [
                        Webhook.change(
                            value:
                                #"{\#(Webhook.metadata),"contacts":[\#(Webhook.contact)],"messages":[\#(Webhook.message(#""type":"text","text":{"body":"x"}"#))],"errors":[{"code":1}]}"#
                        ),
                        Webhook.change("account_update", value: #"{"event":"X"}"#), "7",
                    ], time: "1760000002")
            ]))
        var parser = WebhookParser()
        for change in contents.changes {
            let again = try parser.parse(change: change.raw.bytes, wabaID: change.wabaID, time: change.time)
            #expect(again.changes.map(\.field) == [change.field])
            #expect(again.changes.map(\.raw) == [change.raw])
            #expect(again.items.map(\.raw) == contents.items[change.items].map(\.raw))
            #expect(again.items.map(\.phoneNumberID) == contents.items[change.items].map(\.phoneNumberID))
            #expect(
                again.messages.map(\.customer)
                    == contents.items[change.items].compactMap {
                        if case .message(let message) = $0 { message.customer } else { nil }
                    })
        }
        #expect(throws: WebhookRejection.self) { try parser.parse(change: [], wabaID: nil) }
    }
}
