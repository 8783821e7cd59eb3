/// Waits until `condition` holds, asking every `poll`.
///
/// An error thrown by the condition counts as "not yet" (servers refuse connections while they start); the last one
/// stands in the message when the deadline passes. Cancellation ends the wait at once.
/// - Parameter what: What is waited for, in words that complete "waited … for".
/// - Throws: ``TestSupportError`` after `within`, or `CancellationError`.
public func waitUntil(
    _ what: String, within limit: Duration = .seconds(10), poll: Duration = .milliseconds(10),
    _ condition: () async throws -> Bool
) async throws {
    _ = try await waitFor(what, within: limit, poll: poll) { try await condition() ? true : nil }
}

/// Waits until `value` yields something other than nil, and returns it. See ``waitUntil(_:within:poll:_:)``.
public func waitFor<Value>(
    _ what: String, within limit: Duration = .seconds(10), poll: Duration = .milliseconds(10),
    _ value: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    var lastError: (any Error)?
    while true {
        try Task.checkCancellation()
        do {
            if let found = try await value() { return found }
            lastError = nil
        } catch let error as CancellationError {
            throw error
        } catch {
            lastError = error
        }
        if clock.now >= deadline {
            let cause = lastError.map { "; the last try failed: \($0)" } ?? ""
            throw TestSupportError("waited \(limit) for \(what), in vain\(cause)")
        }
        try await clock.sleep(for: poll)
    }
}
