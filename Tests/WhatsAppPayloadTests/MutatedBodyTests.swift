import LenientJSON
import TestSupport
import Testing

@testable import WhatsAppPayload

/// Bodies broken at random: never a crash, never an item lost.
@Suite struct MutatedBodyTests {
    private static let bodies: [[UInt8]] = [
        Webhook.messages(
            Webhook.message(
                #""type":"text","text":{"body":"Gr\u00fc\u00dfe \ud83d\udc4b"},"context":{"id":"wamid.X","forwarded":true}"#
            ),
            Webhook.message(
                #""type":"image","image":{"id":"1","mime_type":"image/jpeg","sha256":"aa=","caption":"c"}"#,
                id: "wamid.2")),
        Webhook.messages(
            Webhook.message(
                #""type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"l","title":"T"}}"#),
            Webhook.message(
                #""type":"contacts","contacts":[{"name":{"formatted_name":"A"},"phones":[{"phone":"1"}]}]"#),
            Webhook.message(
                #""type":"edit","edit":{"original_message_id":"wamid.T","message":{"type":"text","text":{"body":"n"}}}"#
            )),
        Webhook.value(
            #""messages":[{"from":"DE.1","id":"wamid.S","type":"system","system":{"type":"user_changed_user_id","user_id":"DE.2"}}],"errors":[{"code":1,"error_data":{"details":"d"}}]"#
        ),
        Webhook.statuses(
            #"{"id":"wamid.O","status":"sent","timestamp":"1760000000","recipient_id":"1","pricing":{"billable":true,"category":"utility"}}"#,
            #"{"id":"wamid.P","status":"failed","recipient_type":"group","recipient_id":"G","participant_recipient_id":"2","errors":[{"code":131047}]}"#
        ),
        Webhook.body(entries: [
            Webhook.entry(
                [Webhook.change("account_update", value: #"{"event":"X","list":[1,2]}"#)], time: "1760000000"),
            Webhook.entry([
                Webhook.change(
                    value:
                        #"{\#(Webhook.metadata),"contacts":[{"wa_id":"1"},{"user_id":"DE.1"}],"messages":[{"id":"a"},{"id":"b"}]}"#
                )
            ]),
        ]),
    ].map { Array($0.utf8) }

    private static let tokens: [[UInt8]] = [
        "null", "7", "-1.5e3", "true", #""x""#, #""\ud83d""#, #""\u0000""#, "[]", "{}", "[1]", #"{"a":[]}"#,
        #"[{"id":"z"}]"#,
        #"{"messages":[{"id":"q"}],"statuses":[3]}"#, ",", ":", "[", "}", "\"", "\\", "\u{0}", "é",
    ].map { Array($0.utf8) }

    @Test(arguments: 1...4) func brokenBytesNeverCrashAndNeverLoseAnItem(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var parser = WebhookParser()
        var oracle = JSONParser()
        var accepted = 0
        for _ in 0..<4_000 {
            var body = try #require(Self.bodies.randomElement(using: &random))
            for _ in 0..<Int.random(in: 1...3, using: &random) { Self.breakBytes(of: &body, using: &random) }
            if try Self.check(body, &parser, &oracle) { accepted += 1 }
        }
        #expect(accepted > 100)
    }

    @Test(arguments: 5...8) func replacedValuesNeverLoseAnItem(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var parser = WebhookParser()
        var oracle = JSONParser()
        var accepted = 0
        for _ in 0..<2_500 {
            var body = try #require(Self.bodies.randomElement(using: &random))
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                try Self.replaceValue(of: &body, &oracle, using: &random)
            }
            if try Self.check(body, &parser, &oracle) { accepted += 1 }
        }
        #expect(accepted > 1_500)
    }

    /// Whether the body was accepted. Checks that nothing was lost on the way.
    private static func check(
        _ body: [UInt8], _ parser: inout WebhookParser, _ oracle: inout JSONParser
    ) throws -> Bool {
        let expected = (try? oracle.withDocument(body) { ItemCount.of($0) }) ?? nil
        let contents: WebhookContents
        do throws(WebhookRejection) {
            contents = try parser.parse(body)
        } catch {
            #expect(expected == nil, "rejected, but it holds items: \(error)")
            return false
        }
        guard contents.items.count == expected else {
            Issue.record(
                "\(contents.items.count) items, not \(expected ?? -1): \(String(decoding: body, as: UTF8.self))")
            return true
        }
        var next = 0
        for change in contents.changes {
            if change.items.lowerBound != next { Issue.record("changes leave a gap") }
            next = change.items.upperBound
        }
        if next != contents.items.count { Issue.record("items belong to no change") }
        for item in contents.items {
            let isJSON = (try? oracle.withDocument(item.raw.bytes) { _ in true }) ?? false
            if !isJSON { Issue.record("an item's bytes are no JSON: \(item.raw.text)") }
        }
        return true
    }

    private static func breakBytes(of body: inout [UInt8], using random: inout SeededRandom) {
        guard !body.isEmpty else { return }
        let at = Int.random(in: 0..<body.count, using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: body[at] = UInt8.random(in: 0...255, using: &random)
        case 1: body[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: body.remove(at: at)
        case 3: body.insert(contentsOf: tokens.randomElement(using: &random) ?? [], at: at)
        case 4: body.insert(contentsOf: body[at..<min(body.count, at + 20)], at: at)
        default: if Int.random(in: 0..<8, using: &random) == 0 { body.removeLast(body.count - at) }
        }
    }

    private static func replaceValue(
        of body: inout [UInt8], _ parser: inout JSONParser, using random: inout SeededRandom
    ) throws {
        // Structural tokens and halves of strings stand at the end of the list.
        let token = try #require(tokens.prefix(13).randomElement(using: &random))
        let ranges = try parser.withDocument(body) { Self.ranges(in: $0) }
        guard let range = ranges.dropFirst(3).randomElement(using: &random) else { return }
        body.replaceSubrange(range, with: token)
    }

    /// The ranges of all values, keys left out.
    private static func ranges(in root: JSONValue) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var waiting = [root]
        while let value = waiting.popLast() {
            ranges.append(value.sourceRange)
            waiting += value.elements
            waiting += value.members.map(\.value)
        }
        return ranges
    }
}

/// How many items a body must yield: the rule written down a second time, by counting alone.
enum ItemCount {
    /// Nil for what must be rejected.
    static func of(_ root: JSONValue) -> Int? {
        guard root["object"]?.string == "whatsapp_business_account", let entries = root["entry"], entries.isArray else {
            return nil
        }
        let count =
            entries.elements.reduce(0) { $0 + ofEntry($1) } + unknown(in: root, besides: ["object", "entry"])
        return max(count, 1)
    }

    private static func ofEntry(_ entry: JSONValue) -> Int {
        guard let changes = entry["changes"].map({ Array($0.elements) }), !changes.isEmpty else { return 1 }
        return changes.reduce(0) { $0 + ofChange($1) } + unknown(in: entry, besides: ["id", "time", "changes"])
    }

    private static func ofChange(_ change: JSONValue) -> Int {
        guard let value = change["value"], value.isObject else { return 1 }
        let field = change["field"]?.lenientText ?? ""
        guard ["", "messages", "smb_message_echoes", "message_echoes"].contains(field) else { return 1 }
        let lists = ["messages", "message_echoes", "statuses", "errors"]
        let items = lists.reduce(0) { count, name in
            guard let list = value[name], !list.isNull else { return count }
            return count + (list.isArray ? Array(list.elements).count : 1)
        }
        guard items > 0 else { return 1 }
        let oddContacts = value.members.filter { key, member in
            (key.string == "contacts" && holdsSomething(member) && !member.isArray)
                || (key.string == "metadata" && holdsSomething(member) && !member.isObject)
        }
        return items + oddContacts.count + unknown(in: value, besides: lists + ["contacts", "metadata"])
    }

    private static func unknown(in object: JSONValue, besides known: [String]) -> Int {
        object.members.filter { holdsSomething($1) && !known.contains($0.string ?? "") }.count
    }

    private static func holdsSomething(_ value: JSONValue) -> Bool {
        Array(value.elements).count + Array(value.members).count > 0
    }
}
