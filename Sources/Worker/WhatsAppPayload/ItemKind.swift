import LenientJSON

/// The arrays of a value whose elements are items of their own.
enum ItemKind: CaseIterable {
    case messages, echoes, statuses, errors

    var key: StaticString {
        switch self {
        case .messages: "messages"
        case .echoes: "message_echoes"
        case .statuses: "statuses"
        case .errors: "errors"
        }
    }

    /// The kinds that a field's value is searched for; nil for a field whose change is an event as a whole.
    static func kinds(ofField field: String) -> [ItemKind]? {
        switch field {
        case "messages", "smb_message_echoes", "message_echoes": allCases
        default: nil
        }
    }

    /// Whether a value holds items, in whatever shape.
    static func carriesItems(_ value: JSONValue) -> Bool {
        allCases.contains { kind in
            guard let items = value[kind.key], !items.isNull else { return false }
            return !items.isArray || !items.isEmpty
        }
    }

    /// Whether a member of a value is one that is read, or that says nothing by itself.
    static func isDocumented(_ key: JSONValue, _ member: JSONValue) -> Bool {
        if key.isText("metadata") { return member.isObject }
        if key.isText("contacts") { return member.isArray }
        return allCases.contains { key.isText($0.key) }
    }
}
