import NIOCore

/// The awaiting form of a command: hops to the event loop, writes, and suspends until the completion.
extension RedisCommand {
    private enum Call {
        case notSubmitted
        case submitted(RedisChannelHandler, RedisChannelHandler.CommandID)
        case cancelled
        case finished
    }

    /// - Parameter handler: called on `eventLoop`; `nil` when there is no connection.
    func reply(
        deadline: NIODeadline, on eventLoop: any EventLoop,
        through handler: @escaping @Sendable () -> RedisChannelHandler?
    ) async throws(RedisError) -> RedisReply {
        let encoded = encoded
        let call = NIOLoopBoundBox<Call>.makeBoxSendingValue(.notSubmitted, eventLoop: eventLoop)
        let result: Result<RedisReply, RedisError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                eventLoop.execute {
                    if case .cancelled = call.value {
                        return continuation.resume(returning: .failure(RedisError(.cancelled, mayHaveExecuted: false)))
                    }
                    // Too late already (a stalled loop, a caller's spent budget): then rather not at all.
                    guard deadline > .now() else {
                        return continuation.resume(returning: .failure(RedisError(.timedOut, mayHaveExecuted: false)))
                    }
                    guard let handler = handler() else {
                        return continuation.resume(returning: .failure(.notConnected))
                    }
                    let id = handler.write(encoded, deadline: deadline) { result in
                        call.value = .finished
                        continuation.resume(returning: result)
                    }
                    if let id { call.value = .submitted(handler, id) }
                }
            }
        } onCancel: {
            eventLoop.execute {
                switch call.value {
                case .notSubmitted: call.value = .cancelled
                case .submitted(let handler, let id): handler.cancel(id)
                case .cancelled, .finished: break
                }
            }
        }
        return try result.get()
    }
}
