import LenientJSON
import Testing

@Suite struct StructureTests {
    @Test func aDocumentIsReadAsItStands() throws {
        let tree = try JSONTree.parsed(
            #" { "a" : [ 1 , -2.5e3 , { } , [ ] ] , "b" : { "c" : null , "d" : true , "e" : false } , "f" : "g" } "#)
        #expect(
            tree
                == .object([
                    .init(key: "a", value: .array([.number("1"), .number("-2.5e3"), .object([]), .array([])])),
                    .init(
                        key: "b",
                        value: .object([
                            .init(key: "c", value: .null), .init(key: "d", value: .boolean(true)),
                            .init(key: "e", value: .boolean(false)),
                        ])),
                    .init(key: "f", value: .string("g")),
                ]))
    }

    @Test(arguments: [
        "0", "\"\"", "null", "true", "[]", "{}", "\t\r\n [[],[[]],{}] \n", "\u{FEFF}{\"a\":1}", "-0.0E+1",
    ])
    func anyValueMayBeTheRoot(text: String) throws {
        #expect(throws: Never.self) { try JSONTree.parsed(text) }
    }

    struct Broken: CustomTestStringConvertible, Sendable {
        let text: String
        let reason: JSONParsingError.Reason
        let offset: Int
        init(_ text: String, _ reason: JSONParsingError.Reason, _ offset: Int) {
            self.text = text
            self.reason = reason
            self.offset = offset
        }
        var testDescription: String { text }
    }

    @Test(arguments: [
        Broken("", .empty, 0), Broken(" \n", .empty, 2), Broken("\u{FEFF}", .empty, 3),
        Broken("{", .unexpectedEnd, 1), Broken("[", .unexpectedEnd, 1), Broken("[1", .unexpectedEnd, 2),
        Broken("[1,", .unexpectedEnd, 3), Broken("{\"a\"", .unexpectedEnd, 4), Broken("{\"a\":", .unexpectedEnd, 5),
        Broken("{\"a\":1", .unexpectedEnd, 6), Broken("{\"a\":1,", .unexpectedEnd, 7),
        Broken("[[[]", .unexpectedEnd, 4),
        Broken("\"abc", .unterminatedString, 0), Broken("[\"abc\\\"", .unterminatedString, 1),
        Broken("\"\\", .unterminatedString, 0), Broken("{\"abc", .unterminatedString, 1),
        Broken("[1,]", .expectedValue, 3), Broken("[,1]", .expectedValue, 1), Broken("nope", .invalidLiteral, 0),
        Broken("{\"a\":}", .expectedValue, 5), Broken("'a'", .expectedValue, 0), Broken("+1", .expectedValue, 0),
        Broken("]", .expectedValue, 0), Broken("\u{0}", .expectedValue, 0), Broken("NaN", .expectedValue, 0),
        Broken("{1:2}", .expectedKey, 1), Broken("{a:2}", .expectedKey, 1), Broken("{\"a\":1,}", .expectedKey, 7),
        Broken("{,}", .expectedKey, 1),
        Broken("{\"a\" 1}", .expectedColon, 5), Broken("{\"a\",1}", .expectedColon, 4),
        Broken("[1 2]", .expectedCommaOrEnd, 3), Broken("{\"a\":1 \"b\":2}", .expectedCommaOrEnd, 7),
        Broken("[\"a\":1]", .expectedCommaOrEnd, 4),
        Broken("[1}", .wrongClosingBracket, 2), Broken("{\"a\":1]", .wrongClosingBracket, 6),
        Broken("[}", .expectedValue, 1), Broken("{]", .expectedKey, 1),
        Broken("01", .invalidNumber, 0), Broken("-", .invalidNumber, 0), Broken("1.", .invalidNumber, 0),
        Broken("[1.e3]", .invalidNumber, 1), Broken("1e", .invalidNumber, 0), Broken("1e+", .invalidNumber, 0),
        Broken("-a", .invalidNumber, 0), Broken("0x10", .trailingContent, 1), Broken("1-2", .trailingContent, 1),
        Broken("tru", .invalidLiteral, 0), Broken("falsy", .invalidLiteral, 0), Broken("[nul]", .invalidLiteral, 1),
        Broken("{} {}", .trailingContent, 3), Broken("1,", .trailingContent, 1), Broken("{}\u{0}", .trailingContent, 2),
    ])
    func aBrokenDocumentIsRefusedWithReasonAndPlace(broken: Broken) {
        #expect(throws: JSONParsingError(broken.reason, at: broken.offset)) { try JSONTree.parsed(broken.text) }
    }

    @Test func anErrorSaysWhatAndWhereButNotWhatTheTextHolds() {
        #expect(throws: JSONParsingError(.expectedColon, at: 9)) { try JSONTree.parsed(#"{"secret""secret"}"#) }
        let error = JSONParsingError(.expectedColon, at: 9)
        #expect(error.description == "a colon was expected (at byte 9)")
    }

    @Test(arguments: [#"{"a":[1,{"b":"\ud83d"}],"c":2}"#, #"[true,"x",[[],{}],1.50]"#])
    func everyPrefixOfADocumentIsRefused(text: String) {
        let bytes = Array(text.utf8)
        for length in 0..<bytes.count {
            #expect(throws: JSONParsingError.self) { try JSONTree.parsed(Array(bytes[..<length])) }
        }
    }

    @Test func rawBytesAreExactlyWhatStoodInTheSource() throws {
        let text = #"[ {"a" : 1.50 , "a\u0062":[ ]}, "é\u00e9 \ud83d" ,-0.0e-0 ,null]"#
        let raws = try reading(text) { root in
            root.elements.map { String(decoding: $0.rawBytes, as: UTF8.self) }
        }
        #expect(raws == [#"{"a" : 1.50 , "a\u0062":[ ]}"#, #""é\u00e9 \ud83d""#, "-0.0e-0", "null"])
    }

    @Test func rangesCountFromTheStartOfTheSource() throws {
        #expect(try reading("\u{FEFF} [ 7]") { $0.elements.map(\.sourceRange) } == [6..<7])
    }
}
