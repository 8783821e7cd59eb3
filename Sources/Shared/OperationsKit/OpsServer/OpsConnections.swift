internal import NIOCore

/// The connections of one ops server, oldest idle first. Lives on the server's event loop and is only used there.
final class OpsConnections {
    private let limit: Int
    private var channels: [ObjectIdentifier: any Channel] = [:]
    /// Those that wait for a request, the longest-waiting first.
    private var idle: [ObjectIdentifier] = []

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a connection in; where that is one too many, an idle one has to go, or else this one.
    func add(_ channel: any Channel) {
        if channels.count >= limit {
            guard let first = idle.first, let victim = channels[first] else {
                channel.close(promise: nil)
                return
            }
            remove(victim)
            victim.close(promise: nil)
        }
        channels[ObjectIdentifier(channel)] = channel
        idle.append(ObjectIdentifier(channel))
    }

    func remove(_ channel: any Channel) {
        channels[ObjectIdentifier(channel)] = nil
        idle.removeAll { $0 == ObjectIdentifier(channel) }
    }

    /// Says whether a connection waits for its peer, or its peer for an answer.
    func setIdle(_ isIdle: Bool, _ channel: any Channel) {
        let identifier = ObjectIdentifier(channel)
        guard channels[identifier] != nil else { return }
        idle.removeAll { $0 == identifier }
        if isIdle { idle.append(identifier) }
    }

    func closeAll() {
        for channel in channels.values { channel.close(promise: nil) }
    }
}
