import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A server on loopback that stands for Meta's Graph API.
///
/// It answers as ``GraphAPI`` says, unless a scripted answer is waiting, and remembers what it was asked.
public final class GraphSimulator: Sendable {
    private struct State {
        var api: GraphAPI
        var scripted: [GraphAnswer] = []
        var requests: [GraphRequest] = []
        var sends: [AcceptedSend] = []
    }

    private let state: Mutex<State>
    private let channel: Mutex<(any Channel)?>

    /// Starts listening.
    /// - Parameters:
    ///   - numbers: The numbers and tokens that it knows.
    ///   - port: 0: any free one.
    public static func start(numbers: [BusinessNumber], port: Int = 0) async throws -> GraphSimulator {
        let simulator = GraphSimulator(numbers: numbers)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandler(GraphConnection(simulator: simulator))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        simulator.channel.withLock { $0 = channel }
        return simulator
    }

    private init(numbers: [BusinessNumber]) {
        state = Mutex(State(api: GraphAPI(numbers: numbers)))
        channel = Mutex(nil)
    }

    public var port: Int { channel.withLock { $0?.localAddress?.port ?? 0 } }
    /// For `GRAPH_BASE_URL`.
    public var url: String { "http://127.0.0.1:\(port)" }

    /// Everything that was asked, oldest first.
    public var requests: [GraphRequest] { state.withLock { $0.requests } }
    /// Every message that was accepted, oldest first.
    public var sends: [AcceptedSend] { state.withLock { $0.sends } }

    public func add(_ number: BusinessNumber) {
        state.withLock { $0.api.numbers.append(number) }
    }

    /// The next request without an answer of its own gets this one; several are used up in order.
    public func script(_ answer: GraphAnswer) {
        state.withLock { $0.scripted.append(answer) }
    }

    /// Stops listening. Open connections end with their next request.
    public func stop() async {
        let listening = channel.withLock { channel in
            defer { channel = nil }
            return channel
        }
        try? await listening?.close().get()
    }

    func answer(_ request: GraphRequest) -> GraphAnswer {
        state.withLock { state in
            state.requests.append(request)
            if !state.scripted.isEmpty { return state.scripted.removeFirst() }
            let (answer, accepted) = state.api.answer(request, wamid: Webhook.freshWamid())
            if let accepted { state.sends.append(accepted) }
            return answer
        }
    }
}
