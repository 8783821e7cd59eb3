import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server on loopback that stands for Meta's Graph API, and for the customers' phones.
///
/// It takes sends as ``GraphAPI`` says, unless a rule of its script or a throttle says otherwise, remembers what it was
/// asked, and posts signed status webhooks to Ingress. `/phone` is a customer's phone; `/simulator` tells what it knows,
/// and takes orders from other processes.
public final class GraphSimulator: Sendable {
    let state: Mutex<SimulatorState>
    private let channel = Mutex<(any Channel)?>(nil)
    private let courier = Mutex<Courier?>(nil)
    private let connections = Atomic(0)

    /// Starts listening.
    /// - Parameters:
    ///   - numbers: The numbers and tokens that it knows.
    ///   - port: 0: any free one.
    public static func start(
        numbers: [BusinessNumber], port: Int = 0, options: SimulatorOptions = SimulatorOptions()
    ) async throws -> GraphSimulator {
        let simulator = GraphSimulator(numbers: numbers, options: options)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1_024)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                simulator.connections.add(1, ordering: .relaxed)
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandler(GraphConnection(handle: simulator.handle))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        simulator.channel.withLock { $0 = channel }
        return simulator
    }

    private init(numbers: [BusinessNumber], options: SimulatorOptions) {
        state = Mutex(SimulatorState(numbers: numbers, options: options))
    }

    public var port: Int { channel.withLock { $0?.localAddress?.port ?? 0 } }
    /// For `GRAPH_BASE_URL`.
    public var url: String { "http://127.0.0.1:\(port)" }
    /// Connections that were ever opened to it.
    public var connectionsSoFar: Int { connections.load(ordering: .relaxed) }
    /// The customer's phone, for a browser.
    public var phoneURL: String { url + "/phone" }

    /// From now on statuses and customers' messages are posted there, each until an Ingress answered with 200.
    /// - Parameter longestPause: Between two tries of one; as a rule sooner than Meta tries again, so that nobody waits
    ///   long for an Ingress that came back.
    public func postWebhooks(
        to addresses: [IngressAddress], appSecret: String, longestPause: Duration = .seconds(2)
    ) async {
        let next = Courier(addresses: addresses, appSecret: appSecret, longestPause: longestPause) {
            [weak self] letter in
            guard case .message(_, let wamid) = letter else { return }
            self?.state.withLock { $0.phone.markPosted(wamid) }
        }
        let earlier = courier.withLock { courier in
            defer { courier = next }
            return courier
        }
        await earlier?.stop()
        next.start()
    }

    /// Stops posting, whatever is waiting.
    public func stopWebhooks() async {
        let stopped = courier.withLock { courier in
            defer { courier = nil }
            return courier
        }
        await stopped?.stop()
    }

    /// Stops listening and posting. Open connections end with their next request.
    public func stop() async {
        let listening = channel.withLock { channel in
            defer { channel = nil }
            return channel
        }
        try? await listening?.close().get()
        await stopWebhooks()
    }

    func handle(_ request: GraphRequest) -> Fate {
        if request.path.hasPrefix("/phone") || request.path.hasPrefix("/simulator") {
            return Fate(ending: .answer(ControlPanel(simulator: self).answer(request)))
        }
        let endpoint = GraphAPI.endpoint(request)
        var body: Result<SendBody, GraphError>?
        if case .messages = endpoint { body = Result { () throws(GraphError) in try SendBody.read(request.body) } }
        let moment = Self.now()
        let fate = state.withLock { $0.handle(request, endpoint, body: body, at: moment) }
        post(fate.letters)
        return fate
    }

    /// - Returns: Whether anything is posted at all.
    @discardableResult
    func post(_ letters: [(Mailbag.Letter, afterMilliseconds: Int)]) -> Bool {
        guard let courier = courier.withLock({ $0 }) else { return false }
        if !letters.isEmpty { courier.put(letters) }
        return true
    }

    var webhooksWaiting: Int { courier.withLock { $0 }?.waiting ?? 0 }

    static func now() -> SimulatorState.Moment {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return SimulatorState.Moment(
            milliseconds: Courier.now(), wallMilliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
