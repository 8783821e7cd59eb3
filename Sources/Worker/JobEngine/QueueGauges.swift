public import JobQueue
public import OperationsKit
public import RedisClient

/// The gauges of a queue, read from Redis whenever Prometheus asks.
public enum QueueGauges {
    /// While Redis does not answer, the gauges are missing rather than wrong.
    public static func register(_ keys: QueueKeys, client: RedisClient, registry: PrometheusRegistry) {
        registry.onScrape { samples in
            guard let stats = try? await QueueStats.read(keys, from: client) else { return }
            let queue = ("queue", keys.queue.rawValue)
            var depths = [
                ("ready", stats.ready), ("claimed", stats.claimed), ("scheduled", stats.scheduled),
                ("dead", stats.dead), ("overdue", stats.overdue),
            ]
            if keys.queue == .outbound { depths.append(("lane", stats.inLanes)) }
            for (state, depth) in depths {
                samples.gauge(
                    "quoteline_queue_depth", help: "Jobs in the queue, by state.", labels: [queue, ("state", state)],
                    Double(depth))
            }
            samples.gauge("quoteline_queue_dead", help: "Dead letters.", labels: [queue], Double(stats.dead))
            samples.gauge(
                "quoteline_queue_bytes", help: "Memory that the queue's keys take in Redis, estimated.",
                labels: [queue], Double(stats.bytes))
            samples.gauge(
                "quoteline_queue_oldest_age_seconds",
                help: "Age of the oldest job that waits or is claimed; 0 if there is none.", labels: [queue],
                Double(stats.oldestAge ?? 0) / 1_000)
            samples.gauge(
                "quoteline_queue_workers", help: "Living workers of the queue.", labels: [queue], Double(stats.workers))
            samples.gauge(
                "quoteline_queue_paused", help: "1 while the queue is paused.", labels: [queue],
                stats.isPaused ? 1 : 0)
        }
    }
}
