import Synchronization

/// A server that is started by the first who asks and then shared by all tests of this process.
///
/// It lives in a static property, which is never released: its process is ended when the tests end.
final class SharedServer<Server: Sendable>: Sendable {
    private let start: @Sendable () async throws -> Server
    private let starting = Mutex<Task<Server, any Error>?>(nil)

    init(_ start: @escaping @Sendable () async throws -> Server) {
        self.start = start
    }

    func value() async throws -> Server {
        let task = starting.withLock { starting in
            if let starting { return starting }
            // Unstructured, so that the first asker's cancellation does not take the server from the others.
            let task = Task { try await self.start() }
            starting = task
            return task
        }
        return try await task.value
    }
}
