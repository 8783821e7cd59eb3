internal import HTTPTypes
internal import Hummingbird
internal import JobQueue
internal import Outbound
internal import OutboundLanes
internal import QueueAdministration

/// `/api/admin/queues`: for operators.
struct QueueAPI: Sendable {
    /// The lanes that stand beside the queues; all of them are at `/api/admin/lanes`, page by page.
    private static let shownLanes = 100

    let services: ConsoleServices
    let access: Access

    var routes: [Route] {
        [access.operator(.get, "/api/admin/queues") { _, _ in try await queues() }]
    }

    private func queues() async throws -> Response {
        var queues: [JSONOutput] = []
        var workers: [JSONOutput] = []
        for queue in QueueName.allCases {
            let inspector = QueueInspector(keys: services.keys(queue), redis: services.redis)
            let note = try await QueuePause(keys: services.keys(queue), redis: services.redis).note()
            queues.append(QueueReport.json(queue, try await inspector.stats(), pause: note))
            workers += QueueReport.json(try await inspector.workers())
        }
        let lanes = try await services.lanes.list()
        return Answer.json(
            .object([
                ("queues", .list(queues)), ("workers", .list(workers)),
                ("lanes", .list(lanes.prefix(Self.shownLanes).map(LaneListing.json))),
                ("lanes_total", .integer(Int64(lanes.count))),
            ]))
    }
}
