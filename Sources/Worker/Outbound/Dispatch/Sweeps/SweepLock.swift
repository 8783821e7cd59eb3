internal import Postgres

/// Lets one worker at a time take each step of the sweeps. The steps are safe without it; it spares the work.
enum SweepLock: Int32 {
    case turns = 1
    case windows, expiries, owners, unknown, failures, numbers, settings

    private static let space: Int32 = 7_003
    private static let take: PostgresStatement = "select pg_try_advisory_xact_lock($1, $2)"

    /// Whether this transaction has it now, until it ends.
    func isTaken(in session: PostgresSession) throws(PostgresError) -> Bool {
        try session.execute(Self.take, [.int4(Self.space), .int4(rawValue)]).only().bool(0)
    }
}
