internal import LenientJSON

/// In which fields two requests differ, for whoever asked twice under one key.
enum RequestDifference {
    /// - Parameters:
    ///   - stored: the earlier request as its row keeps it, with the tenant's words filled in.
    ///   - canonical: the new request.
    static func fields(stored: String, canonical: String) -> [String] {
        let (earlier, later) = (members(stored), members(canonical))
        let names = Set(earlier.keys).union(later.keys).filter { name in
            // Words that the tenant's settings filled in were not asked for.
            name == "body" && later[name] == nil ? false : earlier[name] != later[name]
        }
        return names.isEmpty ? ["body"] : names.sorted()
    }

    /// The members by name, each in one spelling: Postgres gives members back in an order and spacing of its own.
    private static func members(_ json: String) -> [String: String] {
        var parser = JSONParser()
        let members = try? parser.withDocument(Array(json.utf8)) { root in
            var members: [String: String] = [:]
            for (key, value) in root.members { members[key.string ?? ""] = spelling(of: value) }
            return members
        }
        return members ?? [:]
    }

    private static func spelling(of value: JSONValue) -> String {
        switch value.kind {
        case .object:
            let members = value.members.map { "\($0.key.string ?? ""):\(spelling(of: $0.value))" }
            return "{" + members.sorted().joined(separator: ",") + "}"
        case .array: return "[" + value.elements.map(spelling).joined(separator: ",") + "]"
        case .string, .number, .boolean, .null: return value.lenientText ?? "null"
        }
    }
}
