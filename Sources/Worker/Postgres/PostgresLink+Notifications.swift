import CLibPQ
import Glibc

/// Waiting for `NOTIFY`, synchronously, on the connection's own queue.
extension PostgresLink {
    /// What has come since the last call, or the first that comes; nothing if the deadline passes before.
    func notifications(_ limits: OperationLimits) throws(PostgresError) -> [PostgresNotification] {
        guard isUsable else { throw .connectionClosed() }
        while true {
            let arrived = takeNotifications()
            if !arrived.isEmpty { return arrived }
            if let reached = wait(for: Int16(POLLIN), limits: limits) {
                if reached.kind == .cancelled { throw reached }
                return []
            }
            guard PQconsumeInput(handle) == 1, PQstatus(handle) == CONNECTION_OK else {
                discard()
                throw .connectionLost(failureMessage)
            }
        }
    }

    private func takeNotifications() -> [PostgresNotification] {
        var taken: [PostgresNotification] = []
        while let notification = PQnotifies(handle) {
            // libpq's memory, ours to free; the texts are copied out first.
            defer { PQfreemem(notification) }
            taken.append(
                PostgresNotification(
                    channel: notification.pointee.relname.map { String(cString: $0) } ?? "",
                    payload: notification.pointee.extra.map { String(cString: $0) } ?? ""))
        }
        return taken
    }
}
