internal import ConsolePages
internal import Identifiers
internal import Postgres

/// Messages stored in each minute of the last hour, for the operators' plot.
///
/// Message ids begin with their time, so the primary key finds an hour's messages among millions. A minute that is over
/// does not change: it is counted once and kept, and each look counts only what came since.
actor MessageThroughput {
    private static let minutes = 60
    private static let count: PostgresStatement = """
        select extract(epoch from date_trunc('minute', created_at))::bigint / 60, direction, count(*)
        from whatsapp_messages where id >= $1 group by 1, 2
        """

    /// By minute since 1970.
    private var received: [Int64: Int] = [:]
    private var sent: [Int64: Int] = [:]
    private var countedTo: Int64 = 0

    func read(_ database: any PostgresDatabase, now: PageTime) async throws -> Throughput {
        let minute = now.microseconds / 60_000_000
        // A message may be stored a moment after its id was made: the minute before is counted again.
        let from = max(minute - Int64(Self.minutes), countedTo - 1)
        let start = ULID(high: UInt64(max(0, from)) * 60_000 << 16, low: 0).description
        let rows = try await database.withTransaction { session in
            var rows: [(minute: Int64, isOutbound: Bool, count: Int)] = []
            for row in try session.execute(Self.count, [.text(start)]) {
                rows.append((try row.int64(0), try row.string(1) == "outbound", Int(try row.int64(2))))
            }
            return rows
        }
        let oldest = minute - Int64(Self.minutes)
        received = received.filter { $0.key > oldest && $0.key < from }
        sent = sent.filter { $0.key > oldest && $0.key < from }
        for row in rows where row.minute >= from {
            if row.isOutbound { sent[row.minute] = row.count } else { received[row.minute] = row.count }
        }
        countedTo = minute
        let shown = (oldest + 1)...minute
        return Throughput(
            endingAt: now,
            series: [
                ThroughputSeries(name: "received", counts: shown.map { received[$0] ?? 0 }),
                ThroughputSeries(name: "sent", counts: shown.map { sent[$0] ?? 0 }),
            ])
    }
}
