/// How often a transaction is run again.
private enum Repeats {
    /// At once, where others stand in its way.
    static let conflicts = 10
    /// After 40 ms and then twice as long each time, where it is not known whether it was committed.
    static let unknown = 5

    static func pause(before number: Int) -> Duration { .milliseconds(20 << min(number, 6)) }
}

extension PostgresDatabase {
    /// Runs a transaction that may be run again, since a second run finds what the first one wrote and changes nothing. It
    /// is run again where another transaction stood in its way, and where the answer to its COMMIT was lost, for a second
    /// or so.
    ///
    /// - Throws: what `body` throws, or a `PostgresError`: of kind `outcomeUnknown` if nobody can know even then.
    public func withIdempotentTransaction<Value: Sendable>(
        _ body: @escaping @Sendable (PostgresSession) throws -> Value
    ) async throws -> Value {
        var (conflicts, repeats) = (0, 0)
        var unknown: PostgresError?
        while true {
            do {
                return try await withTransaction(body)
            } catch let error as PostgresError {
                switch error.kind {
                case .serialization where conflicts < Repeats.conflicts:
                    conflicts += 1
                    continue
                case .outcomeUnknown: unknown = error
                // Perhaps an earlier run was committed: who could have known is not there now.
                case .connection, .timeout, .readOnly, .resources, .serialization, .other: break
                case .cancelled, .integrity, .data, .usage: throw error
                }
                guard let unknown else { throw error }
                repeats += 1
                guard repeats <= Repeats.unknown, !Task.isCancelled else { throw unknown }
                try? await Task.sleep(for: Repeats.pause(before: repeats))
            }
        }
    }
}
