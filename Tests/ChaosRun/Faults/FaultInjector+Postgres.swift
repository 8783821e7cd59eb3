import Identifiers
import TestSupport

extension FaultInjector {
    func killPostgres(for length: Duration) async throws -> String {
        let from = UnixClock.milliseconds()
        let before = try await startTime()
        try await stage.postgres.kill()
        try expect(isFree(stage.postgres.port), "Postgres' port still listens after SIGKILL")
        try await Task.sleep(for: length)
        try await stage.postgres.restart()
        let after = try await startTime()
        history.disturbed(from: from)
        try expect(before != after, "Postgres was not started anew")
        return "down for \(length.inSeconds.formatted1) s"
    }

    /// Ends every session of the Workers.
    func terminateBackends() async throws -> String {
        let from = UnixClock.milliseconds()
        // The inner query stands on its own (offset 0), so that only the sessions it finds are ended, not this one.
        let ended = try await stage.deployment.sql(
            """
            select pid from (
                select pid from pg_stat_activity
                where datname = 'quoteline' and pid <> pg_backend_pid() and backend_type = 'client backend' offset 0
            ) others
            where pg_terminate_backend(pid)
            """
        ).split(separator: "\n")
        try expect(!ended.isEmpty, "pg_terminate_backend found no session")
        try await waitUntil("the terminated sessions to be gone", within: .seconds(20)) {
            let list = ended.joined(separator: ",")
            return try await stage.postgres.sql("select count(*) from pg_stat_activity where pid in (\(list))") == "0"
        }
        history.disturbed(from: from)
        return "\(ended.count) sessions"
    }

    private func startTime() async throws -> String {
        try await waitFor("Postgres to answer", within: Self.patience, poll: .milliseconds(100)) {
            try await stage.postgres.sql("select pg_postmaster_start_time()")
        }
    }
}
