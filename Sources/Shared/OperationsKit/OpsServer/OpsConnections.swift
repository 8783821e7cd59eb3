internal import NIOCore

/// The connections of one ops server, oldest idle first. Lives on the server's event loop and is only used there.
final class OpsConnections {
    private let limit: Int
    private var handlers: [ObjectIdentifier: OpsConnectionHandler] = [:]
    /// Those that wait for a request, the longest-waiting first.
    private var idle: [ObjectIdentifier] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a connection in; where that is one too many, an idle one has to go, or else this one.
    func add(_ handler: OpsConnectionHandler) {
        if handlers.count >= limit {
            guard let first = idle.first, let victim = handlers[first] else {
                handler.close()
                return
            }
            remove(victim)
            victim.close()
        }
        handlers[ObjectIdentifier(handler)] = handler
        idle.append(ObjectIdentifier(handler))
    }

    func remove(_ handler: OpsConnectionHandler) {
        handlers[ObjectIdentifier(handler)] = nil
        idle.removeAll { $0 == ObjectIdentifier(handler) }
    }

    /// Says whether a connection waits for its peer, or its peer for an answer.
    func setIdle(_ isIdle: Bool, _ handler: OpsConnectionHandler) {
        let identifier = ObjectIdentifier(handler)
        guard handlers[identifier] != nil else { return }
        idle.removeAll { $0 == identifier }
        if isIdle { idle.append(identifier) }
    }

    func closeAll() {
        for handler in handlers.values { handler.close() }
    }
}
