public struct UnroutedPage: Sendable {
    public var rows: [UnroutedRow]
    public var isFirstPage: Bool = true
    /// The cursor of the next page.
    public var next: String?

    public init(rows: [UnroutedRow], isFirstPage: Bool = true, next: String? = nil) {
        self.rows = rows
        self.isFirstPage = isFirstPage
        self.next = next
    }

    var values: TemplateValues {
        [
            "rows": rows.map(\.values), "has_rows": !rows.isEmpty, "is_first_page": isFirstPage,
            "next_path": next.map { "/app/queues/unrouted?" + FormText.encoded([("after", $0)]) },
        ]
    }
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
            "number": phoneNumberID, "waba": wabaID, "items": items.counted, "first_at": firstAt, "last_at": lastAt,
        ]
    }
}
