public import Logging
public import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

#if canImport(Glibc)
    internal import Glibc
#endif

/// Makes connections: name resolution, TCP, TLS, AUTH and SELECT within one `connectTimeout`.
final class RedisConnector: Sendable {
    private let configuration: RedisConfiguration
    /// Made at the first attempt and kept: reading the system's certificate authorities takes milliseconds.
    private let tlsContext = Mutex<NIOSSLContext?>(nil)

    init(_ configuration: RedisConfiguration) {
        self.configuration = configuration
    }

    /// Cancelling the task ends the attempt at once, in whatever phase it is.
    ///
    /// - Throws: `connectFailed`, `cancelled`, or `server` when Redis refused user, password or database.
    func connect(on eventLoop: any EventLoop, logger: Logger) async throws(RedisError) -> RedisConnection {
        let deadline = NIODeadline.now() + configuration.connectTimeout
        let connection = try await openConnection(on: eventLoop)
        let handshake = RedisHandshake(configuration)
        let answers = await withTaskCancellationHandler {
            await connection.answers(to: handshake.commands, deadline: deadline)
        } onCancel: {
            connection.closeNow(reason: "cancelled")
        }
        let failure = Task.isCancelled ? RedisError(.cancelled, mayHaveExecuted: false) : handshake.failure(answers)
        if let failure {
            await connection.close()
            throw failure
        }
        logger.debug("Redis connection established", metadata: ["redis.server": "\(configuration)"])
        return connection
    }

    private func openConnection(on eventLoop: any EventLoop) async throws(RedisError) -> RedisConnection {
        let tls: NIOSSLContext?
        do {
            tls = configuration.usesTLS ? try sharedTLSContext() : nil
        } catch {
            throw failure(error)
        }
        let configuration = configuration
        // A host with several addresses is tried at all of them: one channel and one handler each, until one is made.
        let handlers = NIOLoopBoundBox.makeBoxSendingValue(
            [ObjectIdentifier: RedisChannelHandler](), eventLoop: eventLoop)
        let attempt = ClientBootstrap(group: eventLoop)
            .connectTimeout(configuration.connectTimeout)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(
                            Self.tlsHandler(tls, host: configuration.host))
                    }
                    let handler = RedisChannelHandler(silenceGrace: configuration.silenceGrace)
                    try channel.pipeline.syncOperations.addHandler(handler)
                    handlers.value[ObjectIdentifier(channel)] = handler
                }
            }
            .connect(host: configuration.host, port: configuration.port)
            .hop(to: eventLoop)
            .flatMapThrowing { channel in
                guard let handler = handlers.value[ObjectIdentifier(channel)] else {
                    throw RedisError(.connectFailed, mayHaveExecuted: false, detail: "the channel was not set up")
                }
                return RedisConnection(channel: channel, handler: handler, commandTimeout: configuration.commandTimeout)
            }

        // NIO cannot give up an attempt (name resolution, above all): whoever no longer waits leaves the closing of a
        // connection that comes too late to the attempt itself.
        let outcome = eventLoop.makePromise(of: RedisConnection.self)
        let isDecided = NIOLoopBoundBox.makeBoxSendingValue(false, eventLoop: eventLoop)
        attempt.whenComplete { result in
            if isDecided.value {
                if case .success(let connection) = result { connection.closeNow(reason: "came too late") }
            } else {
                isDecided.value = true
                outcome.completeWith(result)
            }
        }
        do {
            return try await withTaskCancellationHandler {
                try await outcome.futureResult.get()
            } onCancel: {
                eventLoop.execute {
                    guard !isDecided.value else { return }
                    isDecided.value = true
                    outcome.fail(RedisError(.cancelled, mayHaveExecuted: false))
                }
            }
        } catch {
            throw failure(error)
        }
    }

    private func sharedTLSContext() throws -> NIOSSLContext {
        try tlsContext.withLock { context in
            if let context { return context }
            var tls = TLSConfiguration.makeClientConfiguration()
            if let file = configuration.trustRootsFile { tls.trustRoots = .file(file) }
            let made = try NIOSSLContext(configuration: tls)
            context = made
            return made
        }
    }

    /// The certificate must name the host; one that is an address is compared with the certificate's addresses, and
    /// must not be sent as a server name (RFC 6066, section 3).
    private static func tlsHandler(_ context: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)
    }

    /// One line for the log out of what NIO and TLS throw.
    private func failure(_ error: any Error) -> RedisError {
        if let error = error as? RedisError { return error }
        let detail: String
        if let error = error as? NIOConnectionError {
            let causes = error.connectionErrors.map { Self.cause($0.error) }
            // The question for each family of addresses fails alike: one answer says it.
            let lookups = [error.dnsAError ?? error.dnsAAAAError].compactMap { $0 }.map { "name lookup: \($0)" }
            let address = "\(configuration.host):\(configuration.port)"
            detail = "\(address): " + (causes.isEmpty ? lookups : causes).joined(separator: "; ")
        } else if case ChannelError.connectTimeout = error {
            detail = "no connection within \(configuration.connectTimeout.nanoseconds / 1_000_000) ms"
        } else {
            detail = "\(error)"
        }
        return RedisError(.connectFailed, mayHaveExecuted: false, detail: detail)
    }

    /// What the system says. NIO's own words for it begin with what it was doing, which misleads here.
    private static func cause(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return String(cString: strerror(error.errnoCode))
    }
}

extension RedisConnection {
    /// Connects, authenticates and selects the database, all within the configuration's `connectTimeout`.
    ///
    /// - Throws: `connectFailed` with the cause, `cancelled`, or `server` when Redis refused user, password or database.
    public static func connect(
        _ configuration: RedisConfiguration, on eventLoop: any EventLoop, logger: Logger
    ) async throws(RedisError) -> RedisConnection {
        try await RedisConnector(configuration).connect(on: eventLoop, logger: logger)
    }
}
