import LenientJSON

/// Walks a body's entries and changes. Whatever it comes across ends in an item; nothing throws.
struct WebhookReader {
    static let unreadableField = "unreadable"

    let body: [UInt8]
    var contents = WebhookContents()

    init(body: [UInt8]) {
        self.body = body
    }

    func raw(_ value: JSONValue) -> RawJSON {
        RawJSON(body, value.sourceRange)
    }

    // MARK: - Body and entries

    mutating func readBody(_ root: JSONValue) -> WebhookRejection? {
        guard root["object"]?.isText("whatsapp_business_account") == true else { return .notWhatsApp }
        guard let entries = root["entry"], entries.isArray else { return .noEntries }
        let nobody = ChangeScope.Entry(wabaID: nil, time: nil)
        for entry in entries.elements {
            readEntry(entry)
        }
        keepUnknownMembers(of: root, besides: ["object", "entry"], as: "body", nobody)
        if contents.items.isEmpty { keepAsChange(root, .withoutItems, nobody) }
        return nil
    }

    private mutating func readEntry(_ value: JSONValue) {
        let entry = ChangeScope.Entry(wabaID: value.identifier("id"), time: value["time"]?.timestamp)
        guard value.isObject else { return keepAsChange(value, .unreadable, entry) }
        guard let changes = value["changes"], changes.isArray, !changes.isEmpty else {
            return keepAsChange(value, value["changes"]?.isArray == false ? .unreadable : .withoutItems, entry)
        }
        for change in changes.elements {
            readChange(change, of: entry)
        }
        keepUnknownMembers(of: value, besides: ["id", "time", "changes"], as: "entry", entry)
    }

    // MARK: - Changes

    mutating func readChange(_ change: JSONValue, of entry: ChangeScope.Entry) {
        guard change.isObject else { return keepAsChange(change, .unreadable, entry) }
        let value = change["value"]
        let metadata = value?["metadata"]
        let written = change.identifier("field")
        let carriesItems = value.map(ItemKind.carriesItems) ?? false
        let field = written ?? (carriesItems ? "messages" : Self.unreadableField)
        let phoneNumberID = metadata?.identifier("phone_number_id")
        let first = contents.items.count
        if carriesItems, let value, let kinds = ItemKind.kinds(ofField: field) {
            let scope = ChangeScope(
                entry: entry, field: field, phoneNumberID: phoneNumberID,
                displayPhoneNumber: metadata?.identifier("display_phone_number"),
                contacts: ContactBook(value["contacts"]))
            for kind in kinds { readItems(kind, of: value, scope) }
            for (key, member) in value.members where member.isContainer && !ItemKind.isDocumented(key, member) {
                keep(member, .unknownMember, scope, field: "\(field).\(key.string ?? "")")
            }
        } else {
            let isMessages = ItemKind.kinds(ofField: field) != nil
            let reason: AccountEvent.Reason =
                written == nil || value?.isObject != true ? .unreadable : isMessages ? .withoutItems : .field
            contents.items.append(
                .event(
                    AccountEvent(
                        wabaID: entry.wabaID, phoneNumberID: phoneNumberID, field: field, time: entry.time,
                        reason: reason, raw: raw(change),
                        calls: field == "calls" ? value.map(CallReader.read) ?? [] : [])))
        }
        contents.changes.append(
            WebhookChange(
                wabaID: entry.wabaID, time: entry.time, field: field, phoneNumberID: phoneNumberID, raw: raw(change),
                items: first..<contents.items.count))
    }

    private mutating func readItems(_ kind: ItemKind, of value: JSONValue, _ scope: ChangeScope) {
        guard let items = value[kind.key], !items.isNull else { return }
        guard items.isArray else { return keep(items, .unreadable, scope) }
        let count = kind == .statuses ? 0 : items.elements.reduce(0) { sum, _ in sum + 1 }
        for (index, item) in items.elements.enumerated() {
            guard item.isObject else {
                keep(item, .unreadable, scope)
                continue
            }
            switch kind {
            case .messages, .echoes:
                let direction: InboundMessage.Direction =
                    kind == .echoes || scope.field != "messages" ? .echo : .inbound
                if let message = MessageReader(message: item, direction: direction, scope: scope)
                    .read(at: index, of: count, raw: raw(item))
                {
                    contents.items.append(.message(message))
                } else {
                    keep(item, .withoutID, scope)
                }
            case .statuses:
                if let status = StatusReader.read(item, scope, raw: raw(item)) {
                    contents.items.append(.status(status))
                } else {
                    keep(item, .withoutID, scope)
                }
            case .errors:
                keep(item, .error, scope, field: "errors")
            }
        }
    }

    // MARK: - Events

    private mutating func keep(
        _ value: JSONValue, _ reason: AccountEvent.Reason, _ scope: ChangeScope, field: String? = nil
    ) {
        contents.items.append(
            .event(
                AccountEvent(
                    wabaID: scope.entry.wabaID, phoneNumberID: scope.phoneNumberID,
                    field: Self.bounded(field ?? scope.field), time: value["timestamp"]?.timestamp ?? scope.entry.time,
                    reason: reason, raw: raw(value))))
    }

    /// An event that belongs to no change, as a change of its own.
    private mutating func keepAsChange(
        _ value: JSONValue, _ reason: AccountEvent.Reason, _ entry: ChangeScope.Entry, field: String = unreadableField
    ) {
        let first = contents.items.count
        let field = Self.bounded(field)
        contents.items.append(
            .event(
                AccountEvent(
                    wabaID: entry.wabaID, phoneNumberID: nil, field: field, time: entry.time, reason: reason,
                    raw: raw(value))))
        contents.changes.append(
            WebhookChange(
                wabaID: entry.wabaID, time: entry.time, field: field, phoneNumberID: nil, raw: raw(value),
                items: first..<first + 1))
    }

    private mutating func keepUnknownMembers(
        of value: JSONValue, besides known: [StaticString], as name: String, _ entry: ChangeScope.Entry
    ) {
        for (key, member) in value.members where member.isContainer && !known.contains(where: { key.isText($0) }) {
            keepAsChange(member, .unknownMember, entry, field: "\(name).\(key.string ?? "")")
        }
    }

    /// At most as many bytes as an identifier may have; cut between characters.
    private static func bounded(_ field: String) -> String {
        guard field.utf8.count > JSONValue.longestIdentifier else { return field }
        var cut = field[...]
        while cut.utf8.count > JSONValue.longestIdentifier {
            cut =
                cut.unicodeScalars.count > JSONValue.longestIdentifier
                ? Substring(cut.unicodeScalars.prefix(JSONValue.longestIdentifier))
                : Substring(cut.unicodeScalars.dropLast())
        }
        return String(cut)
    }
}

extension JSONValue {
    /// An object or array with something in it.
    var isContainer: Bool { (isArray || isObject) && !isEmpty }

    /// Whether an object or array holds nothing.
    var isEmpty: Bool {
        switch kind {
        case .array: elements.first { _ in true } == nil
        case .object: members.first { _ in true } == nil
        case .string, .number, .boolean, .null: false
        }
    }
}
