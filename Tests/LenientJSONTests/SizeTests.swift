import LenientJSON
import Testing

@Suite struct SizeTests {
    @Test(arguments: [1, 127, 128, 129, 10_000, 1_000_000])
    func nestingIsBoundedByNothing(depth: Int) throws {
        let text = Array(repeating: UInt8(ascii: "["), count: depth) + Array(repeating: UInt8(ascii: "]"), count: depth)
        let found = try reading(text) { root in
            var depth = 1
            var value = root
            while let inner = value.elements.first(where: { _ in true }) {
                depth += 1
                value = inner
            }
            return depth
        }
        #expect(found == depth)
    }

    @Test func deepObjectsKeepTheirOuterMembers() throws {
        let depth = 10_000
        let text =
            String(repeating: #"{"in":"#, count: depth) + "null" + String(repeating: #","out":7}"#, count: depth)
        let outs = try reading(text) { root in
            var count = 0
            var value: JSONValue? = root
            while let object = value, object.isObject {
                if object["out"]?.int64 == 7 { count += 1 }
                value = object["in"]
            }
            return count
        }
        #expect(outs == depth)
    }

    @Test func anUnclosedDepthIsAnErrorAndNotACrash() {
        let text = Array(repeating: UInt8(ascii: "["), count: 3_000_000)
        #expect(throws: JSONParsingError(.unexpectedEnd, at: 3_000_000)) { try reading(text) { _ in } }
    }

    @Test func threeMegabytesAreReadWhole() throws {
        let element = #"{"id":"wamid.HBgLMTY1MDM4Nzk0MzkVAgASGBQ","text":{"body":"Größe \u00e4"},"n":[1,2,3]}"#
        let count = 3_000_000 / element.utf8.count
        let text = "[" + Array(repeating: element, count: count).joined(separator: ",") + "]"
        let seen = try reading(text) { root in
            root.elements.reduce(0) { $0 + ($1["text"]?["body"]?.isText("Größe ä") == true ? 1 : 0) }
        }
        #expect(seen == count)
    }

    @Test func oneParserReadsManyDocumentsOfEverySizeAlsoAfterErrors() throws {
        var parser = JSONParser()
        for count in [0, 1, 50_000, 3, 0, 200_000, 2] {
            let text = Array(("[" + Array(repeating: "7", count: count).joined(separator: ",") + "]").utf8)
            #expect(try parser.withDocument(text) { Array($0.elements).count } == count)
            #expect(throws: JSONParsingError.self) { try parser.withDocument(Array(text.dropLast())) { _ in } }
        }
    }
}
