import Foundation
import LenientJSON
import TestSupport
import Testing

@Suite struct RandomDocumentTests {
    @Test func whatIsWrittenIsReadWhateverSpacingAndEscapes() throws {
        var random = SeededRandom(seed: 1)
        for _ in 0..<2_000 {
            var writer = RandomWriter(random: random)
            let tree = writer.document(depth: 4)
            random = writer.random
            #expect(try JSONTree.parsed(writer.text) == tree, "\(writer.text)")
        }
    }

    /// Foundation is stricter inside strings, so only one direction holds: what it takes, we take, and we read the same.
    @Test func whatFoundationAcceptsIsAcceptedAndReadAlike() throws {
        var random = SeededRandom(seed: 2)
        var accepted = 0
        for _ in 0..<10_000 {
            var writer = RandomWriter(random: random)
            _ = writer.document(depth: 3)
            random = writer.random
            var bytes = Array(writer.text.utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) where !bytes.isEmpty {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                let byte = Array("{}[]\",:\\0eE.-tn u".utf8).randomElement(using: &random) ?? 0
                if Bool.random(using: &random) { bytes[at] = byte } else { bytes.insert(byte, at: at) }
            }
            guard let object = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) else {
                continue
            }
            accepted += 1
            let tree: JSONTree
            do throws(JSONParsingError) {
                tree = try JSONTree.parsed(bytes)
            } catch {
                // Foundation lets a comma stand before the end of an object, against RFC 8259.
                let isLastComma = error.reason == .expectedKey && bytes[error.offset] == UInt8(ascii: "}")
                #expect(isLastComma, "\(error): \(String(decoding: bytes, as: UTF8.self))")
                continue
            }
            #expect(Self.isAlike(tree, object), "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(accepted > 1_000)
    }

    private static func isAlike(_ tree: JSONTree, _ object: Any) -> Bool {
        switch tree {
        case .null: return object is NSNull
        case .boolean(let value): return object as? Bool == value
        case .number(let text): return (object as? NSNumber)?.doubleValue == Double(text)
        case .string(let text): return (object as? String)?.replacing("\u{0}", with: "\u{FFFD}") == text
        case .array(let elements):
            guard let array = object as? [Any], array.count == elements.count else { return false }
            return zip(elements, array).allSatisfy { isAlike($0, $1) }
        case .object(let members):
            guard let written = object as? [String: Any] else { return false }
            let dictionary = Dictionary(
                written.map { ($0.replacing("\u{0}", with: "\u{FFFD}"), $1) }, uniquingKeysWith: { $1 })
            // Of doubled keys Foundation keeps either one: only the others are compared.
            let counts = Dictionary(members.map { ($0.key, 1) }, uniquingKeysWith: +)
            return counts.count == dictionary.count
                && members.allSatisfy { member in
                    guard counts[member.key] == 1 else { return true }
                    return dictionary[member.key].map { isAlike(member.value, $0) } ?? false
                }
        }
    }
}

/// Writes a random document as text, and tells what it means.
private struct RandomWriter {
    var random: SeededRandom
    var text = ""

    init(random: SeededRandom) {
        self.random = random
    }

    mutating func document(depth: Int) -> JSONTree {
        space()
        let tree = value(depth: depth)
        space()
        return tree
    }

    private mutating func value(depth: Int) -> JSONTree {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
        case 0:
            text += "null"
            return .null
        case 1:
            let value = Bool.random(using: &random)
            text += "\(value)"
            return .boolean(value)
        case 2:
            let number = ["0", "-1", "3.25", "1e3", "-0.5E-2", "1669233778"].randomElement(using: &random) ?? "0"
            text += number
            return .number(number)
        case 3, 4:
            return .string(string())
        case 5, 6:
            return .object(
                list("{", "}") { writer in
                    let key = writer.string()
                    writer.space()
                    writer.text += ":"
                    writer.space()
                    return .init(key: key, value: writer.value(depth: depth - 1))
                })
        default:
            return .array(list("[", "]") { $0.value(depth: depth - 1) })
        }
    }

    private mutating func list<Element>(
        _ open: String, _ close: String, _ element: (inout RandomWriter) -> Element
    ) -> [Element] {
        var elements: [Element] = []
        text += open
        space()
        for index in 0..<Int.random(in: 0..<4, using: &random) {
            if index > 0 {
                text += ","
                space()
            }
            elements.append(element(&self))
            space()
        }
        text += close
        return elements
    }

    private mutating func string() -> String {
        var meaning = ""
        text += "\""
        for _ in 0..<Int.random(in: 0..<10, using: &random) {
            let character = ["a", "Z", " ", "é", "€", "👍", "\"", "\\", "/", "\n"].randomElement(using: &random) ?? "a"
            meaning += character
            if Bool.random(using: &random) || ["\"", "\\", "\n"].contains(character) {
                for unit in character.utf16 {
                    let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            } else {
                text += character
            }
        }
        text += "\""
        return meaning
    }

    private mutating func space() {
        for _ in 0..<Int.random(in: 0..<3, using: &random) {
            text += [" ", "\n", "\t", "\r"].randomElement(using: &random) ?? " "
        }
    }
}
