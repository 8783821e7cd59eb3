import LenientJSON

/// One walk through a JSON text that notes what has to go from it. Each function says whether the whole value has to go;
/// then its caller takes it out, and nothing is noted within it.
struct CustomerWalk {
    struct Edit {
        let range: Range<Int>
        let isNull: Bool
    }

    private static let itemLists: [StaticString] = ["messages", "message_echoes", "statuses"]
    private static let participants: [StaticString] = [
        "recipient_participant_id", "participant_recipient_id", "recipient_participant_user_id",
        "participant_recipient_user_id",
    ]
    /// Where a message, a status or a request says whose it is.
    private static let parties: [StaticString] = [
        "from", "from_user_id", "to", "to_user_id", "recipient", "recipient_id", "recipient_user_id",
    ]
    private static let systemParties: [StaticString] = [
        "wa_id", "new_wa_id", "customer", "user_id", "previous_user_id",
    ]

    private enum Party {
        case customer
        case participant(String)
        case somebodyElse
        case nobody
    }

    private let identities: CustomerIdentities
    private let scope: ErasureScope
    /// In order, none within another.
    private(set) var edits: [Edit] = []
    private(set) var erased: Set<String> = []
    /// What is other people's or other tenants' and stays, whatever it says.
    private var kept: [Range<Int>] = []
    /// Whether something of another tenant was met: then the whole must stay, whatever cannot be cut out of it.
    private(set) var holdsForeign = false

    init(identities: CustomerIdentities, scope: ErasureScope) {
        self.identities = identities
        self.scope = scope
    }

    // MARK: - Shapes

    /// A webhook's body.
    mutating func body(_ root: JSONValue, _ entries: JSONValue) -> Bool {
        var isEmptied = false
        for (key, member) in root.members {
            if key.isText("entry"), member.sourceRange == entries.sourceRange {
                isEmptied = list(entries) { walk, entry in walk.entry(entry) }
            } else if scope.takesUnclaimed {
                nullify(member)
            } else {
                kept.append(member.sourceRange)
            }
        }
        return isEmptied
    }

    private mutating func entry(_ entry: JSONValue) -> Bool {
        let account = entry.identifier("id")
        // What stands beside the changes shows no number.
        let isCovered = scope.covers(number: nil, account: account)
        guard let changes = entry["changes"], changes.isArray else {
            return keepUnless(isCovered, entry) { $0.value(entry) }
        }
        var isEmptied = false
        for (key, member) in entry.members {
            if key.isText("changes"), member.sourceRange == changes.sourceRange {
                isEmptied = list(changes) { walk, change in
                    let number = change["value"]?["metadata"]?.identifier("phone_number_id")
                    return walk.keepUnless(walk.scope.covers(number: number, account: account), change) {
                        $0.change(change)
                    }
                }
            } else if isCovered, member.isArray || member.isObject {
                nullify(member)
            } else {
                kept.append(member.sourceRange)
            }
        }
        return isEmptied
    }

    /// One element of `changes`. It goes as a whole when nothing of anybody's is left in it.
    mutating func change(_ change: JSONValue) -> Bool {
        guard holdsName(change) else { return false }
        guard let value = change["value"], value.isObject else { return self.value(change) }
        let (editsBefore, keptBefore) = (edits.count, kept.count)
        var (hasItems, hasItemsLeft) = (false, false)
        for (key, member) in value.members {
            if member.isArray, Self.itemLists.contains(where: key.isText) {
                hasItems = true
                if !items(member) && !member.isEmpty { hasItemsLeft = true }
            } else if key.isText("errors"), member.isArray {
                hasItems = true
                if !list(member, { $0.value($1) }) && !member.isEmpty { hasItemsLeft = true }
            } else if key.isText("metadata") {
                kept.append(member.sourceRange)
            } else if key.isText("contacts"), member.isArray {
                for contact in member.elements { nullify(contact) }
            } else if self.value(member) {
                edits.append(Edit(range: member.sourceRange, isNull: true))
                hasItems = true
            } else if member.isArray || member.isObject {
                hasItemsLeft = true
            }
        }
        guard hasItems, !hasItemsLeft else { return false }
        edits.removeSubrange(editsBefore...)
        kept.removeSubrange(keptBefore...)
        return true
    }

    /// A request to send. It goes as a whole if it is to them; one to somebody else stays.
    mutating func request(_ request: JSONValue) -> Bool {
        guard scope.covers(tenant: request["tenant"]?.lenientText) else {
            kept.append(0..<Int.max)
            holdsForeign = true
            return false
        }
        switch party(of: request) {
        case .customer, .participant: return true
        case .somebodyElse:
            kept.append(request.sourceRange)
            return false
        case .nobody: return value(request)
        }
    }

    // MARK: - Values

    /// Anything else. An object goes if it names them in a member of its own.
    mutating func value(_ value: JSONValue) -> Bool {
        guard holdsName(value) else { return false }
        switch value.kind {
        case .array:
            let before = edits.count
            guard list(value, { $0.value($1) }) else { return false }
            edits.removeSubrange(before...)
            return true
        case .object:
            let isTheirs = value.members.contains { key, member in
                holdsName(key) || !(member.isArray || member.isObject) && holdsName(member)
            }
            if isTheirs { return true }
            for (key, member) in value.members {
                if member.isArray, key.isText("contacts") {
                    for contact in member.elements { nullify(contact) }
                } else if member.isArray, Self.itemLists.contains(where: key.isText) {
                    _ = items(member)
                } else {
                    nullify(member)
                }
            }
            return false
        case .string, .number, .boolean, .null:
            return true
        }
    }

    private mutating func nullify(_ value: JSONValue) {
        if self.value(value) { edits.append(Edit(range: value.sourceRange, isNull: true)) }
    }

    /// Messages or statuses; whether all of them go.
    private mutating func items(_ array: JSONValue) -> Bool {
        list(array) { walk, item in
            guard walk.holdsName(item) else { return false }
            let id = item.identifier("id")
            switch walk.party(of: item) {
            case .customer:
                if let id { walk.erased.insert(id) }
                return true
            case .participant(let name):
                if let id { walk.erased.insert(ErasedName.status(of: id, participant: name)) }
                return true
            case .somebodyElse:
                walk.kept.append(item.sourceRange)
                return false
            case .nobody:
                let isGone = walk.value(item)
                if isGone, let id { walk.erased.insert(id) }
                return isGone
            }
        }
    }

    /// Cuts elements out of an array; whether that were all of them. Then the array is noted to become empty.
    private mutating func list(
        _ array: JSONValue, _ isGone: (inout CustomerWalk, JSONValue) -> Bool
    ) -> Bool {
        var stays: [(range: Range<Int>, edits: [Edit])] = []
        var goes: [Int] = []
        for (index, element) in array.elements.enumerated() {
            let before = edits.count
            if isGone(&self, element) {
                edits.removeSubrange(before...)
                goes.append(index)
            }
            stays.append((element.sourceRange, Array(edits[before...])))
            edits.removeSubrange(before...)
        }
        guard goes.count < stays.count else {
            guard let first = stays.first, let last = stays.last else { return false }
            edits.append(Edit(range: first.range.lowerBound..<last.range.upperBound, isNull: false))
            return true
        }
        let gone = Set(goes)
        var previous: Int?
        for index in stays.indices where !gone.contains(index) {
            // With the comma before what goes, or after it at the beginning of the list.
            if let previous, previous < index - 1 {
                edits.append(
                    Edit(
                        range: stays[previous].range.upperBound..<stays[index - 1].range.upperBound, isNull: false))
            } else if previous == nil, index > 0 {
                edits.append(
                    Edit(range: stays[0].range.lowerBound..<stays[index].range.lowerBound, isNull: false))
            }
            edits += stays[index].edits
            previous = index
        }
        if let previous, previous < stays.count - 1 {
            edits.append(
                Edit(
                    range: stays[previous].range.upperBound..<stays[stays.count - 1].range.upperBound, isNull: false))
        }
        return false
    }

    private mutating func keepUnless(
        _ isCovered: Bool, _ value: JSONValue, _ body: (inout CustomerWalk) -> Bool
    ) -> Bool {
        if isCovered { return body(&self) }
        holdsForeign = true
        kept.append(value.sourceRange)
        return false
    }

    private func holdsName(_ value: JSONValue) -> Bool { identities.areIn(value.rawBytes) }

    private func party(of item: JSONValue) -> Party {
        for key in Self.participants {
            if let text = item.identifier(key), identities.contains(text) {
                return .participant(PersonIdentifier.waID(text))
            }
        }
        var somebody = false
        for key in Self.parties {
            guard let text = item.identifier(key) else { continue }
            if identities.contains(text) { return .customer }
            somebody = true
        }
        if let system = item["system"] {
            for key in Self.systemParties {
                if let text = system.identifier(key), identities.contains(text) { return .customer }
            }
        }
        return somebody ? .somebodyElse : .nobody
    }

    // MARK: - Results

    /// The text with the edits.
    func applied(to bytes: [UInt8]) -> [UInt8] {
        var rest: [UInt8] = []
        rest.reserveCapacity(bytes.count)
        var position = 0
        for edit in edits {
            rest += bytes[position..<edit.range.lowerBound]
            if edit.isNull { rest += Array("null".utf8) }
            position = edit.range.upperBound
        }
        return rest + bytes[position...]
    }

    /// What is neither taken out nor other people's.
    func remainder(of bytes: [UInt8]) -> [UInt8] {
        var rest: [UInt8] = []
        var position = 0
        for range in (edits.map(\.range) + kept).sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > position {
                rest += bytes[position..<range.lowerBound]
                rest.append(UInt8(ascii: " "))
            }
            position = max(position, min(range.upperBound, bytes.count))
        }
        return rest + bytes[position...]
    }
}
