extension PostgresServer {
    /// What `pg_dump` writes of a database.
    public func dump(_ url: String) async throws -> String {
        let program = try ExecutableLookup.findPostgres("pg_dump", package: "postgresql-client")
        let finished = try await ManagedProcess.run(program, ["--dbname=\(url)"], within: .seconds(60))
        guard finished.succeeded else { throw TestSupportError("pg_dump: \(finished.standardError)") }
        return finished.standardOutput
    }
}
