internal import OutboundLanes

/// What the lanes of the numbers say. Pure.
enum LaneChecks {
    private static let mostNamed = 5

    static func all(_ lanes: [LaneReport]) -> [Finding] { [paused(lanes), held(lanes)] }

    static func paused(_ lanes: [LaneReport]) -> Finding {
        let check = "outbound-lanes-paused"
        let paused = lanes.filter { $0.pause != nil }
        guard !paused.isEmpty else { return .ok(check, "no number is paused") }
        let names = paused.prefix(mostNamed).map { "\($0.number) (\($0.waiting) waiting)" }.joined(separator: ", ")
        return .warn(
            check, "\(paused.count) numbers are paused: \(names)\(paused.count > mostNamed ? ", …" : "")",
            "`worker lane list` says why; a good access token lets a number go on, or `worker lane resume NUMBER`")
    }

    /// Held by Meta's rate limits: it passes by itself, but a long one deserves a look.
    static func held(_ lanes: [LaneReport]) -> Finding {
        let held = lanes.filter { $0.heldUntil != nil }
        let waiting = lanes.reduce(0) { $0 + $1.waiting }
        let text = "\(waiting) sends wait in \(lanes.count { $0.waiting > 0 }) lanes"
        guard !held.isEmpty else { return .ok("outbound-lanes", text) }
        let names = held.prefix(mostNamed).map(\.number).joined(separator: ", ")
        return .warn(
            "outbound-lanes", "\(text); Meta holds back \(names)",
            "it passes by itself, and `worker lane resume NUMBER` ends it now; if it comes again and again, lower the "
                + "number's throttle in its settings")
    }
}
