public struct UnroutedPage: Sendable {
    public var rows: [UnroutedRow]

    public init(rows: [UnroutedRow]) {
        self.rows = rows
    }

    var values: TemplateValues { ["rows": rows.map(\.values), "has_rows": !rows.isEmpty] }
}

/// A number that nobody has, and what came for it.
public struct UnroutedRow: Sendable {
    public var phoneNumberID: String
    public var wabaID: String?
    public var items: Int
    public var firstAt: PageTime
    public var lastAt: PageTime

    public init(phoneNumberID: String, wabaID: String? = nil, items: Int, firstAt: PageTime, lastAt: PageTime) {
        self.phoneNumberID = phoneNumberID
        self.wabaID = wabaID
        self.items = items
        self.firstAt = firstAt
        self.lastAt = lastAt
    }

    var values: TemplateValues {
        [
            "number": phoneNumberID, "waba": wabaID, "items": items, "first_at": firstAt, "last_at": lastAt,
        ]
    }
}
