import LenientJSON
import Testing

@Suite struct LookupTests {
    @Test(
        arguments: [
            (#"{"a":1,"b":2}"#, "2"), (#"{"b":1,"b":2}"#, "2"), (#"{"b":2,"bb":3,"a":4}"#, "2"),
            (#"{"\u0062":2}"#, "2"),
            (#"{"b":1,"\u0062":2}"#, "2"), (#"{"\u0062":1,"b":2}"#, "2"), (#"{"a":{"b":1}}"#, nil), (#"{}"#, nil),
            (#"{"a":[{"b":1},[2]],"b":[3,{"b":9}]}"#, #"[3,{"b":9}]"#), (#"["b",2]"#, nil), (#""b""#, nil),
            (#"{"B":1}"#, nil),
        ] as [(String, String?)])
    func aMemberIsFoundByItsNameAndTheLastOneWins(text: String, expected: String?) throws {
        let byStatic = try reading(text) { $0["b"].map { String(decoding: $0.rawBytes, as: UTF8.self) } }
        let name = String(["b"])
        let byString = try reading(text) { $0[name].map { String(decoding: $0.rawBytes, as: UTF8.self) } }
        #expect(byStatic == expected)
        #expect(byString == expected)
    }

    @Test func namesBeyondASCIIAndEmptyNamesAreFound() throws {
        #expect(try reading(#"{"":1,"é":2,"👍":3}"#) { [$0[""]?.int64, $0["é"]?.int64, $0["👍"]?.int64] } == [1, 2, 3])
        #expect(try reading(#"{"\u00e9":2,"\ud83d\udc4d":3}"#) { [$0["é"]?.int64, $0["👍"]?.int64] } == [2, 3])
    }

    @Test func membersAndElementsComeInOrderDoubledKeysIncluded() throws {
        let keys = try reading(#"{"b":[1,2],"a":{},"b":3}"#) { $0.members.map { $0.key.string ?? "" } }
        #expect(keys == ["b", "a", "b"])
        #expect(
            try reading(#"[1,[2,3],{"a":4},5]"#) { $0.elements.map(\.kind) } == [.number, .array, .object, .number])
    }

    @Test(arguments: ["{}", "[]", "1", "\"a\"", "null"])
    func whatHasNoMembersOrElementsHasNone(text: String) throws {
        #expect(try reading(text) { Array($0.members).count + Array($0.elements).count } == 0)
    }

    @Test func textsAreComparedUnescaped() throws {
        #expect(try reading(#""sent""#) { $0.isText("sent") })
        #expect(try reading(#""\u0073ent""#) { $0.isText("sent") })
        #expect(try reading(#""sen""#) { $0.isText("sent") } == false)
        #expect(try reading(#"{"sent":1}"#) { $0.isText("sent") } == false)
        #expect(try reading(#""""#) { $0.isText("") })
    }
}
