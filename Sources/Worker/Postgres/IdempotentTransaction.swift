/// Runs a transaction that may be run again, since a second run finds what the first one wrote and changes nothing.
public enum IdempotentTransaction {
    /// Repeats at once, where other transactions stand in its way.
    private static let conflicts = 10
    /// Repeats after 40 ms and then twice as long each time, where it is not known whether it was committed.
    private static let repeats = 5

    /// Runs it again where another transaction stood in its way, and where the answer to its COMMIT was lost, for a second
    /// or so.
    ///
    /// - Throws: what `transaction` throws; a `PostgresError` of kind `outcomeUnknown` if nobody can know even then.
    public static func run<Value: Sendable>(
        _ transaction: @Sendable () async throws -> Value
    ) async throws -> Value {
        var (conflicts, repeats) = (0, 0)
        var unknown: PostgresError?
        while true {
            do {
                return try await transaction()
            } catch let error as PostgresError {
                switch error.kind {
                case .serialization where conflicts < Self.conflicts:
                    conflicts += 1
                    continue
                case .outcomeUnknown: unknown = error
                // Perhaps an earlier run was committed: who could have known is not there now.
                case .connection, .timeout, .readOnly, .resources, .serialization, .other: break
                case .cancelled, .integrity, .data, .usage: throw error
                }
                guard let unknown else { throw error }
                repeats += 1
                guard repeats <= Self.repeats, !Task.isCancelled else { throw unknown }
                try? await Task.sleep(for: .milliseconds(20 << repeats))
            }
        }
    }
}
