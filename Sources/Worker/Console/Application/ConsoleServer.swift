internal import Glibc
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
public import OperationsKit
public import ServiceLifecycle
internal import Synchronization

/// The console's listener: the API and the pages.
public final class ConsoleServer: Service {
    private let services: ConsoleServices
    private let port: Int
    private let bound = Mutex<Int?>(nil)
    /// Another process has its default port, so that it serves nothing and nobody waits for it.
    private let isElsewhere = Mutex(false)

    /// - Parameter port: to listen on; 0: any free one, see ``boundPort``.
    public init(services: ConsoleServices, port: Int) {
        self.services = services
        self.port = port
    }

    /// The port while it listens.
    public var boundPort: Int? { bound.withLock { $0 } }

    /// Ready once it listens.
    public var readiness: Readiness {
        boundPort != nil || isElsewhere.withLock { $0 } ? .ready : .notReady("the console does not listen yet")
    }

    /// Every route, such as `GET /api/whatsapp/messages/{id}`, for checks that none is forgotten.
    ///
    /// Throws only if a page's template is broken.
    public func routeNames() throws -> [String] {
        try ConsoleRoutes.all(services).map { "\($0.method.rawValue) \($0.path)" }
    }

    public func run() async throws {
        let configuration = services.configuration
        let responder = ConsoleResponder(
            routes: RouteTable(try ConsoleRoutes.all(services)), configuration: configuration, logger: services.logger)
        for warning in configuration.warnings { services.logger.warning("\(warning)") }
        let limits = configuration.connectionLimits
        let counts = ConnectionCounts(limits: limits, proxies: configuration.trustedProxies)
        // Hummingbird tells of every request at info: ours to say what is worth a line.
        var quiet = services.logger
        quiet.logLevel = max(services.logger.logLevel, .warning)
        let application = Application(
            responder: responder,
            server: .http1(
                configuration: HTTP1Channel.Configuration(
                    additionalChannelHandlers: [ConnectionGuard.Installer(limits: limits, counts: counts)],
                    idleTimeout: limits.idle,
                    httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                        maxHeaderFieldSize: 16 * 1_024, maxHeaderListSize: 32 * 1_024, maxHeaderFieldCount: 100))),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.host, port: port)),
            onServerRunning: { [weak self] channel in
                let port = channel.localAddress?.port
                self?.bound.withLock { $0 = port }
                self?.services.logger.info(
                    "the console listens", metadata: ["host": "\(configuration.host)", "port": "\(port ?? 0)"])
            },
            logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError where error.errnoCode == EADDRINUSE && !configuration.portIsChosen {
            services.logger.warning(
                "no console here: another process listens on its default port; set CONSOLE_PORT",
                metadata: ["port": "\(port)"])
            isElsewhere.withLock { $0 = true }
            try? await gracefulShutdown()
        } catch let error as IOError {
            throw ListenError(host: configuration.host, port: port, cause: error)
        }
        bound.withLock { $0 = nil }
    }
}
