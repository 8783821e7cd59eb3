internal import JobQueue
internal import QueueAdministration

/// The dead jobs by error, for a page that asks again every few seconds: gone through anew only if their number has
/// changed, or after a while.
actor DeadLetterGroups {
    private static let freshFor: Duration = .seconds(10)

    private var known: [QueueName: (count: Int64, at: ContinuousClock.Instant, groups: [DeadLetterSummary.Group])] = [:]

    /// - Parameter count: of all dead jobs, now.
    func read(_ inspector: QueueInspector, count: Int64) async throws -> [DeadLetterSummary.Group] {
        let (queue, now) = (inspector.keys.queue, ContinuousClock.now)
        if let last = known[queue], last.count == count, now - last.at < Self.freshFor { return last.groups }
        let groups = count > 0 ? try await inspector.deadLetterSummary().groups : []
        known[queue] = (count, now, groups)
        return groups
    }
}
