import OutboundLanes
import QueueAdministration

/// How lanes are shown: to programs and to people.
enum LaneListing {
    static func json(_ lanes: [LaneReport]) -> String {
        JSONOutput.list(
            lanes.map { lane in
                .object([
                    ("number", .text(lane.number)), ("waiting", .integer(lane.waiting)),
                    ("per_second", .integer(lane.perSecond)), ("next_at", number(lane.nextAt)),
                    ("held_until", number(lane.heldUntil)), ("paused", .bool(lane.pause != nil)),
                    ("pause", object(lane.pause)),
                ])
            }
        ).line
    }

    /// The answer to a pause or its end.
    static func json(_ number: String, _ pause: LanePause?, changed: Bool) -> String {
        JSONOutput.object([("number", .text(number)), ("changed", .bool(changed)), ("pause", object(pause))]).line
    }

    static func table(_ lanes: [LaneReport], now: Int64) -> String {
        guard !lanes.isEmpty else { return "No send waits, and no number is paused." }
        let table = TextTable.text(
            ["NUMBER", "WAITING", "PER SECOND", "STATE"],
            lanes.map { [$0.number, String($0.waiting), String($0.perSecond), state($0, now: now)] })
        let pauses = lanes.compactMap { lane in lane.pause.map { "\(lane.number) is paused \(sentence($0))" } }
        return ([table] + pauses).joined(separator: "\n")
    }

    /// `since 2026-11-22T08:15:00Z by cli:root: <reason>`.
    static func sentence(_ pause: LanePause) -> String {
        let since = pause.since.map { "since \(Moment.text(milliseconds: $0)) " } ?? ""
        return TextTable.printable("\(since)by \(pause.by ?? "someone"): \(pause.reason)")
    }

    private static func state(_ lane: LaneReport, now: Int64) -> String {
        if lane.pause != nil { return "paused" }
        if let held = lane.heldUntil { return "held by Meta for \(Moment.span(milliseconds: held - now))" }
        return lane.waiting > 0 ? "sending" : "empty"
    }

    private static func number(_ value: Int64?) -> JSONOutput { value.map { .integer($0) } ?? .null }

    private static func object(_ pause: LanePause?) -> JSONOutput {
        guard let pause else { return .null }
        return .object([
            ("reason", .text(pause.reason)), ("since", number(pause.since)),
            ("by", pause.by.map { .text($0) } ?? .null),
        ])
    }
}
