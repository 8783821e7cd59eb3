internal import Postgres

/// The planner's settings for the statements that store batches.
enum StorageSession {
    /// Every look-up of a batch is by key, for some hundred keys. Told so, the planner reads the same index whatever its
    /// statistics say, so that storing costs the same on an empty table, on one that just grew, and on a large one. Without
    /// `enable_material` too it would keep all keys of a tenant at hand and compare each with each.
    private static let settings: PostgresStatement = """
        select set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
            set_config('enable_mergejoin', 'off', true), set_config('enable_material', 'off', true),
            set_config('jit', 'off', true), pg_current_xact_id()
        """

    /// For this transaction only. Rows are then locked in the order of the batch, too, on which all that write batches
    /// depend for not waiting for one another. And the transaction gets its id here, before it looks at what has been
    /// erased: so an erasure can wait for all that looked before it.
    static func prepare(_ session: PostgresSession) throws(PostgresError) {
        _ = try session.execute(settings, [])
    }
}
