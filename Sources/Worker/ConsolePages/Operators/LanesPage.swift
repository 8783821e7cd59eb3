/// All lanes, by number.
public struct LanesPage: Sendable {
    public var lanes: [LaneRow]
    /// Of all lanes.
    public var count: Int
    public var isFirstPage: Bool
    /// The cursor of the next page.
    public var next: String?

    public init(lanes: [LaneRow], count: Int, isFirstPage: Bool = true, next: String? = nil) {
        self.lanes = lanes
        self.count = count
        self.isFirstPage = isFirstPage
        self.next = next
    }

    func values(at now: PageTime) -> TemplateValues {
        [
            "lanes": lanes.map { $0.values(at: now) }, "has_lanes": !lanes.isEmpty, "lane_count": count,
            "is_first_page": isFirstPage, "in_queues": false,
            "next_path": next.map { "/app/queues/lanes?" + FormText.encoded([("after", $0)]) },
        ]
    }
}
