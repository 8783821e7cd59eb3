import Glibc
import Synchronization
import TestSupport
import WebhookSignature

/// Posts signed webhooks to Ingress, each until it is answered with 200, as Meta does.
final class Courier: Sendable {
    private struct State {
        var bag = Mailbag()
        /// Taken from the bag, and not yet answered.
        var underWay = 0
        var tasks: [Task<Void, Never>] = []
        var isStopped = false
    }

    /// A look into the bag every so often; while nothing is due soon that costs next to nothing.
    private static let glance = Duration.milliseconds(5)
    private static let connections = 4

    private let addresses: [IngressAddress]
    private let signer: WebhookSigner
    private let longestPause: Duration
    private let posted: @Sendable (Mailbag.Letter) -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - longestPause: Between two tries of a webhook that nobody took; they grow up to it, doubling each time.
    ///   - posted: Called for each that was answered with 200.
    init(
        addresses: [IngressAddress], appSecret: String, longestPause: Duration,
        posted: @escaping @Sendable (Mailbag.Letter) -> Void
    ) {
        self.addresses = addresses
        self.longestPause = longestPause
        signer = WebhookSigner(secret: appSecret)
        self.posted = posted
    }

    /// Milliseconds of a clock that never jumps.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    var waiting: Int { state.withLock { $0.bag.count + $0.underWay } }

    func start() {
        let tasks = (0..<Self.connections).map { index in Task { await run(first: index) } }
        state.withLock { $0.tasks = tasks }
    }

    func stop() async {
        let tasks = state.withLock { state in
            state.isStopped = true
            return state.tasks
        }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    func put(_ letters: [(Mailbag.Letter, afterMilliseconds: Int)]) {
        let now = Self.now()
        state.withLock { state in
            for (letter, after) in letters { state.bag.put(letter, due: now + Int64(after)) }
        }
    }

    private func run(first: Int) async {
        var turn = first
        var connection: LoopbackConnection?
        while !Task.isCancelled {
            let entries = take()
            guard !entries.isEmpty else {
                try? await Task.sleep(for: Self.glance)
                continue
            }
            let address = addresses[turn % addresses.count]
            let isAccepted = await post(entries, to: address, on: &connection)
            if !isAccepted {
                turn += 1
                connection = nil
            }
            settle(entries, isAccepted: isAccepted)
        }
        await connection?.close()
    }

    private func take() -> [Mailbag.Entry] {
        let now = Self.now()
        return state.withLock { state in
            let entries = state.bag.take(at: now)
            state.underWay += entries.count
            return entries
        }
    }

    private func settle(_ entries: [Mailbag.Entry], isAccepted: Bool) {
        if isAccepted {
            for entry in entries { posted(entry.letter) }
        }
        let now = Self.now()
        state.withLock { state in
            state.underWay -= entries.count
            guard !isAccepted else { return }
            for entry in entries {
                let pause = min(longestPause.components.seconds * 1_000, 50 << min(Int64(entry.tries), 30))
                state.bag.put(entry.letter, due: now + pause, tries: entry.tries + 1)
            }
        }
    }

    private func post(
        _ entries: [Mailbag.Entry], to address: IngressAddress, on connection: inout LoopbackConnection?
    ) async -> Bool {
        let body = Self.body(of: entries)
        let headers = [
            ("Content-Type", "application/json"), ("User-Agent", "facebookexternalua"),
            ("X-Hub-Signature-256", signer.headerValue(for: body)),
        ]
        do {
            let open: LoopbackConnection
            if let connection {
                open = connection
            } else {
                open = try await LoopbackConnection.connect(port: address.port, host: address.host)
                connection = open
            }
            let reply = try await open.request("POST", address.path, headers: headers, body: body)
            if reply.header("connection")?.lowercased() == "close" { connection = nil }
            return reply.status == 200
        } catch {
            return false
        }
    }

    private static func body(of entries: [Mailbag.Entry]) -> [UInt8] {
        var items: [StatusItem] = []
        for entry in entries {
            switch entry.letter {
            case .message(let body, _): return body
            case .status(let item, _): items.append(item)
            }
        }
        return Webhook(statuses: items, timestamp: Int(time(nil))).body
    }
}
