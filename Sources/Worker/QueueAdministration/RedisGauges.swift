public import OperationsKit
public import RedisClient

/// The gauges of Redis itself, read from its `INFO` whenever Prometheus asks.
public enum RedisGauges {
    /// While Redis does not answer only `quoteline_redis_up` is there, as 0: the others are missing rather than wrong.
    public static func register(_ client: RedisClient, registry: PrometheusRegistry) {
        registry.onScrape { samples in
            let facts = try? await RedisFacts.info(client)
            samples.gauge(
                "quoteline_redis_up", help: "1 while Redis answers this process.", facts == nil ? 0 : 1)
            if let facts { report(facts, in: &samples) }
        }
    }

    private static func report(_ facts: RedisFacts, in samples: inout ScrapeSamples) {
        func gauge(_ name: String, _ help: String, _ value: Int64?) {
            if let value { samples.gauge("quoteline_redis_" + name, help: help, Double(value)) }
        }
        gauge("memory_used_bytes", "Memory that Redis uses.", facts.usedMemory)
        gauge("memory_limit_bytes", "Redis' maxmemory; 0: no limit is set.", facts.memoryLimit)
        gauge("memory_system_bytes", "Memory of the machine that Redis runs on.", facts.systemMemory)
        gauge("connections", "Connections to Redis.", facts.clients)
        gauge(
            "append_only_enabled", "1 if Redis keeps an append-only file.",
            facts.hasAppendOnlyFile.map { $0 ? 1 : 0 })
        gauge(
            "append_only_rewriting", "1 while the append-only file is rewritten.", facts.isRewriting.map { $0 ? 1 : 0 })
        for write in facts.writes {
            samples.gauge(
                "quoteline_redis_write_ok", help: "1 if Redis' last write to disk of that kind went well.",
                labels: [("kind", write.kind)], write.isWell ? 1 : 0)
        }
        if let evicted = facts.evictedKeys {
            samples.counter(
                "quoteline_redis_evicted_keys_total", help: "Keys that Redis threw away because its memory was full.",
                Double(evicted))
        }
    }
}
