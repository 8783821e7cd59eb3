import LenientJSON

/// A document as a value that outlives its parser, for comparing. Numbers keep their text.
indirect enum JSONTree: Equatable {
    case null
    case boolean(Bool)
    case number(String)
    case string(String)
    case array([JSONTree])
    case object([Member])

    struct Member: Equatable {
        let key: String
        let value: JSONTree
    }

    /// Recursive: only for documents that are not deep.
    init(_ value: JSONValue) {
        switch value.kind {
        case .null: self = .null
        case .boolean: self = .boolean(value.bool == true)
        case .number: self = .number(value.lenientText ?? "")
        case .string: self = .string(value.string ?? "")
        case .array: self = .array(value.elements.map { JSONTree($0) })
        case .object: self = .object(value.members.map { Member(key: $0.string ?? "", value: JSONTree($1)) })
        }
    }

    static func parsed(_ bytes: [UInt8]) throws(JSONParsingError) -> JSONTree {
        var parser = JSONParser()
        return try parser.withDocument(bytes) { JSONTree($0) }
    }

    static func parsed(_ text: String) throws(JSONParsingError) -> JSONTree {
        try parsed(Array(text.utf8))
    }
}

/// Parses `text` and reads one thing out of its root.
func reading<Result>(_ text: String, _ read: (JSONValue) -> Result) throws(JSONParsingError) -> Result {
    try reading(Array(text.utf8), read)
}

func reading<Result>(_ bytes: [UInt8], _ read: (JSONValue) -> Result) throws(JSONParsingError) -> Result {
    var parser = JSONParser()
    return try parser.withDocument(bytes, read)
}
