internal import OperationsKit
public import OutboundLanes

/// How lanes are shown: to programs, whether they ask a command or the API, and to people.
public enum LaneListing {
    /// Times are RFC 3339 texts in UTC.
    public static func json(_ lane: LaneReport) -> JSONOutput {
        .object([
            ("phone_number_id", .text(lane.number)), ("waiting", .integer(lane.waiting)),
            ("per_second", .integer(lane.perSecond)), ("next_at", time(lane.nextAt)),
            ("held_until", time(lane.heldUntil)), ("pause", json(lane.pause)),
        ])
    }

    /// The answer to a pause.
    public static func json(_ number: String, _ pause: LanePause?, changed: Bool) -> JSONOutput {
        .object([("phone_number_id", .text(number)), ("changed", .bool(changed)), ("pause", json(pause))])
    }

    /// The answer to the end of a pause or a hold: what ended.
    public static func json(_ number: String, _ release: LaneRelease) -> JSONOutput {
        .object([
            ("phone_number_id", .text(number)), ("changed", .bool(release.isChange)), ("pause", json(release.pause)),
            ("held_until", time(release.heldUntil)),
        ])
    }

    public static func table(_ lanes: [LaneReport], now: Int64) -> String {
        guard !lanes.isEmpty else { return "No send waits, and no number is paused." }
        let table = TextTable.text(
            ["NUMBER", "WAITING", "PER SECOND", "STATE"],
            lanes.map { [$0.number, String($0.waiting), String($0.perSecond), state($0, now: now)] })
        let pauses = lanes.compactMap { lane in
            lane.pause.map { pause in "\(lane.number.printable) is paused \(sentence(pause))" }
        }
        return ([table] + pauses).joined(separator: "\n")
    }

    /// `since 2026-11-22T08:15:00Z by cli:root: <reason>`.
    public static func sentence(_ pause: LanePause) -> String {
        let since = pause.since.map { "since \(Moment.text(milliseconds: $0)) " } ?? ""
        return "\(since)by \(pause.by ?? "someone"): \(pause.reason)".printable
    }

    /// What ended, in one line.
    public static func sentence(_ number: String, _ release: LaneRelease, now: Int64) -> String {
        let ended = [
            release.heldUntil.map { "it was held by Meta for another \(Moment.span(milliseconds: max(0, $0 - now)))" },
            release.pause.map { "it was paused \(sentence($0))" },
        ].compactMap(\.self)
        return ended.isEmpty
            ? "\(number) was neither paused nor held." : "\(number) goes on; \(ended.joined(separator: ", and "))"
    }

    private static func state(_ lane: LaneReport, now: Int64) -> String {
        if lane.pause != nil { return "paused" }
        if let held = lane.heldUntil { return "held by Meta for \(Moment.span(milliseconds: held - now))" }
        return lane.waiting > 0 ? "sending" : "empty"
    }

    private static func json(_ pause: LanePause?) -> JSONOutput {
        guard let pause else { return .null }
        return .object([
            ("reason", .text(pause.reason)), ("since", time(pause.since)), ("by", .optional(pause.by)),
        ])
    }

    private static func time(_ milliseconds: Int64?) -> JSONOutput {
        .optional(milliseconds.map(Moment.text(milliseconds:)))
    }
}
