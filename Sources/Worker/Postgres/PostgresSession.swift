/// A connection in the hands of a synchronous closure, on the connection's own thread.
///
/// There is no `await` between two statements, so nothing else can come between them. Not `Sendable`: a session is
/// useless outside of its closure.
public struct PostgresSession {
    let link: PostgresLink

    /// Runs a statement, prepared once per connection, with binary parameters and results.
    ///
    /// After an error inside of a transaction the server refuses every further statement of it: let the error leave the
    /// closure, which rolls back.
    @discardableResult
    public func execute(
        _ statement: PostgresStatement, _ parameters: PostgresParameters = PostgresParameters()
    ) throws(PostgresError) -> PostgresRows {
        try link.execute(statement, parameters)
    }

    /// Runs a script of any number of statements in one simple query; rows are thrown away. A script must not end the
    /// transaction that it runs in, and must not COPY from or to the client.
    public func run(script: String) throws(PostgresError) {
        try link.run(script: script)
    }
}
