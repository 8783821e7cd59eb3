internal import Outbound
internal import OutboundLanes
internal import QueueAdministration

/// A number's lane as the API tells it.
enum LaneJSON {
    static func object(_ lane: LaneReport) -> JSONOutput {
        .object([
            ("phone_number_id", .text(lane.number)), ("waiting", .integer(lane.waiting)),
            ("per_second", .integer(lane.perSecond)), ("next_at", .orNull(lane.nextAt.map(time))),
            ("held_until", .orNull(lane.heldUntil.map(time))),
            (
                "pause",
                lane.pause.map { pause in
                    .object([
                        ("reason", .text(pause.reason)), ("since", .orNull(pause.since.map(time))),
                        ("by", .orNull(pause.by)),
                    ])
                } ?? .null
            ),
        ])
    }

    /// Of Unix milliseconds; what no calendar of ours holds is told as its nearest end.
    static func time(_ milliseconds: Int64) -> String {
        UTCTime.text(min(max(milliseconds, 0), 253_370_764_800_000) * 1_000)
    }
}
