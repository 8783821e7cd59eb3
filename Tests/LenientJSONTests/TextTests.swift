import LenientJSON
import TestSupport
import Testing

@Suite struct TextTests {
    private func text(_ content: String) throws -> String? {
        try text(Array(content.utf8))
    }

    private func text(_ content: [UInt8]) throws -> String? {
        try reading([UInt8(ascii: "\"")] + content + [UInt8(ascii: "\"")]) { $0.string }
    }

    @Test(arguments: [
        (#"plain"#, "plain"), ("", ""), ("ünïcödé 👍🏽", "ünïcödé 👍🏽"),
        (#"\"\\\/\b\f\n\r\t"#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#"\u0041\u00e9\u20AC"#, "Aé€"), (#"\ud83d\udc4d"#, "👍"), (#"\uD83D\uDC4D!"#, "👍!"),
        (#"https:\/\/x.example\/\u0040"#, "https://x.example/@"),
        (
            #"a fairly long text with one escape \u2013 at its end\n"#,
            "a fairly long text with one escape – at its end\n"
        ),
    ])
    func escapesAreDecoded(content: String, expected: String) throws {
        #expect(try text(content) == expected)
    }

    @Test(arguments: [
        (#"\ud83d"#, "\u{FFFD}"), (#"a\ud83db"#, "a\u{FFFD}b"), (#"\udc4d"#, "\u{FFFD}"),
        (#"\udc4d\ud83d"#, "\u{FFFD}\u{FFFD}"), (#"\ud83d\ud83d\udc4d"#, "\u{FFFD}👍"),
        (#"\ud83d\u0041"#, "\u{FFFD}A"), (#"\ud83d\n"#, "\u{FFFD}\n"), (#"\ud83d\u"#, "\u{FFFD}u"),
        (#"\ud83dudc4d"#, "\u{FFFD}udc4d"),
    ])
    func aLoneSurrogateReadsAsTheReplacementCharacter(content: String, expected: String) throws {
        #expect(try text(content) == expected)
    }

    @Test(arguments: [
        (#"a\u0000b"#, "a\u{FFFD}b"), ("a\u{0}b", "a\u{FFFD}b"), ("\u{0}\u{0}", "\u{FFFD}\u{FFFD}"),
        ("\u{0}\\n\u{0}", "\u{FFFD}\n\u{FFFD}"), ("\\\u{0}", "\u{FFFD}"), (#"\u0000"#, "\u{FFFD}"),
    ])
    func aZeroCharacterReadsAsTheReplacementCharacter(content: String, expected: String) throws {
        #expect(try text(content) == expected)
    }

    @Test(
        arguments: [
            ([0xFF], "\u{FFFD}"), ([0x61, 0xC3, 0x62], "a\u{FFFD}b"), ([0xED, 0xA0, 0x80], "\u{FFFD}\u{FFFD}\u{FFFD}"),
            ([0xC3, 0x5C, 0x6E], "\u{FFFD}\n"), ([0x5C, 0x6E, 0xF0, 0x9F, 0x91], "\n\u{FFFD}"),
            ([0x5C, 0x75, 0x64, 0x38, 0x33, 0x64, 0xED, 0xB1, 0x8D], "\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
        ] as [([UInt8], String)])
    func invalidUTF8ReadsAsReplacementCharacters(content: [UInt8], expected: String) throws {
        #expect(try text(content) == expected)
    }

    @Test(arguments: [(#"\x41"#, "x41"), (#"\u12G4"#, "u12G4"), (#"\u12"#, "u12"), (#"\'"#, "'"), ("\\é", "é")])
    func anUnknownEscapeKeepsWhatItStoodBefore(content: String, expected: String) throws {
        #expect(try text(content) == expected)
    }

    @Test func controlCharactersAreAccepted() throws {
        #expect(try text("a\nb\u{1}\t") == "a\nb\u{1}\t")
    }

    @Test func aQuoteIsFoundAtEveryDistance() throws {
        for length in 0..<40 {
            let plain = String(repeating: "x", count: length)
            #expect(try text(plain) == plain)
            #expect(try text(plain + "\\\"" + plain) == plain + "\"" + plain)
            #expect(try text(plain + "\\\\") == plain + "\\")
        }
    }

    @Test func noTextHoldsAZeroOrBreaksUTF8WhateverTheBytes() throws {
        var random = SeededRandom(seed: 11)
        let salt: [[UInt8]] = [
            Array(#"\u0000"#.utf8), Array(#"\ud83d"#.utf8), Array(#"\udc4d"#.utf8), [0], [0xFF], [0xE2, 0x82],
            Array("\\n".utf8), Array("é".utf8),
        ]
        for _ in 0..<3_000 {
            var content: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<12, using: &random) {
                if Bool.random(using: &random), let grain = salt.randomElement(using: &random) {
                    content += grain
                } else {
                    let byte = UInt8.random(in: 0...255, using: &random)
                    if byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") { content.append(byte) }
                }
            }
            let read = try #require(try text(content))
            #expect(!read.utf8.contains(0))
            #expect(String(validating: read.utf8, as: UTF8.self) == read)
        }
    }

    @Test("what is printed holds nothing that a terminal would obey, and reads the same")
    func printable() throws {
        let name = "\u{202E}emca\u{2066}\u{200F}\u{61C}\u{2028}\u{9B}\u{7F}\u{1B}[2J\"\\ עמית 👍"
        let json = JSONText.printable(JSONText.quoted(name))
        #expect(
            json == #""\u202eemca\u2066\u200f\u061c\u2028\u009b\u007f\u001b[2J\"\\ עמית 👍""#)
        #expect(try reading(Array(json.utf8)) { $0.string } == name)
        #expect(JSONText.printable(#"{"a":[1,"b"]}"#) == #"{"a":[1,"b"]}"#)
    }
}
