internal import Identifiers
public import OperationsKit

/// The gauges of the lanes, read from Redis whenever Prometheus asks.
public enum LaneGauges {
    /// While Redis does not answer, the gauges are missing rather than wrong.
    public static func register(_ lanes: OutboundLanes, registry: PrometheusRegistry) {
        registry.onScrape { samples in
            guard let reports = try? await lanes.list() else { return }
            let now = UnixClock.milliseconds()
            samples.gauge(
                "quoteline_lanes_paused", help: "Numbers that are paused.",
                Double(reports.count { $0.pause != nil }))
            samples.gauge(
                "quoteline_lanes_held", help: "Numbers that are held back because Meta asked for it.",
                Double(reports.count { $0.heldUntil.map { $0 > now } ?? false }))
            samples.gauge(
                "quoteline_lanes_waiting", help: "Sends that wait in the lanes of their numbers.",
                Double(reports.reduce(0) { $0 + $1.waiting }))
        }
    }
}
