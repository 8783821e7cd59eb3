/// Reads tags as a browser does, as far as our own pages need it: quoted attributes, void elements, text.
struct MarkupReader {
    struct Tag: Equatable {
        let name: String
        var attributes: [String: String] = [:]
        var isClosing = false
    }

    private(set) var tags: [Tag] = []
    private(set) var problems: [String] = []

    private static let void: Set = [
        "meta", "link", "input", "br", "hr", "img", "use", "path", "circle", "rect", "polygon", "polyline", "!doctype",
    ]

    /// Element and attribute names in their order: what text must not change.
    var shape: [String] {
        tags.map { tag in
            (tag.isClosing ? "/" : "") + tag.name + " " + tag.attributes.keys.sorted().joined(separator: " ")
        }
    }

    init(_ html: String) {
        let bytes = Array(html.utf8)
        var position = 0
        var open: [String] = []
        while let start = bytes[position...].firstIndex(of: UInt8(ascii: "<")) {
            let (tag, end) = Self.tag(bytes, from: start + 1)
            position = end
            tags.append(tag)
            if tag.isClosing {
                if open.last == tag.name {
                    open.removeLast()
                } else {
                    problems.append("</\(tag.name)> closes \(open.last ?? "nothing")")
                }
            } else if !Self.void.contains(tag.name) {
                open.append(tag.name)
            }
        }
        if !open.isEmpty { problems.append("left open: \(open)") }
        let ids = tags.compactMap { $0.attributes["id"] }
        for id in Set(ids) where ids.filter({ $0 == id }).count > 1 { problems.append("id \(id) twice") }
    }

    private static func tag(_ bytes: [UInt8], from start: Int) -> (Tag, end: Int) {
        var position = start
        func text(until stops: String) -> String {
            let from = position
            while position < bytes.count, !stops.utf8.contains(bytes[position]) { position += 1 }
            return String(decoding: bytes[from..<position], as: UTF8.self)
        }
        var isClosing = false
        if position < bytes.count, bytes[position] == UInt8(ascii: "/") {
            isClosing = true
            position += 1
        }
        var tag = Tag(name: text(until: " >\n/").lowercased(), isClosing: isClosing)
        while position < bytes.count, bytes[position] != UInt8(ascii: ">") {
            if " \n/".utf8.contains(bytes[position]) {
                position += 1
                continue
            }
            let name = text(until: "= >\n/")
            var value = ""
            if position < bytes.count, bytes[position] == UInt8(ascii: "=") {
                position += 2
                value = text(until: "\"")
                position += 1
            }
            tag.attributes[name.lowercased()] = value
        }
        return (tag, position + 1)
    }
}
