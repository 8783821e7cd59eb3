internal import Logging
internal import Postgres
internal import SendPolicy

/// Finds attempts whose worker has ended in the middle.
struct OwnerSweep: Sendable {
    /// An attempt is over before.
    private static let look: PostgresStatement = """
        select id, attempts, sender from whatsapp_messages
        where status = 'sending' and not held and state_since < now() - interval '11 seconds'
        order by state_since limit 1000
        """

    let pool: PostgresPool
    let owners: OwnerWatch

    func run() async throws {
        let open = try await pool.withTransaction { session in
            guard try SweepLock.owners.isTaken(in: session) else {
                return [(id: String, attempt: Int32, worker: String)]()
            }
            return try session.execute(Self.look).map { row in
                (try row.string(0), try row.int32(1), SenderName.worker(of: try row.optionalString(2) ?? ""))
            }
        }
        guard !open.isEmpty else { return }
        let dead = try await owners.dead(among: Set(open.map(\.worker)))
        await owners.giveUp(open.filter { dead.contains($0.worker) }.map { ($0.id, $0.attempt) })
    }
}
