import GraphSimulator
import Identifiers
import Synchronization
import TestSupport

/// Posts distinct signed webhooks at a steady rate and, as Meta does, posts again what was not answered with 200, and now
/// and then also what was.
final class WebhookLoad: Sendable {
    static let customers = 40
    private static let connections = 32
    /// Longer than nginx waits for an Ingress.
    private static let patience: Duration = .seconds(8)

    let players: [CustomerPlayer]
    let port: Int
    let perSecond: Int
    let sent: SentItems
    /// Part of every wamid, so that two runs never mix.
    let run: String
    private let next = Atomic(0)
    private let ended = Atomic(false)

    init(stage: ChaosStage, perSecond: Int, sent: SentItems, run: String) {
        let (number, secret) = (stage.number, stage.deployment.settings.appSecret)
        players = (0..<Self.customers).map { index in
            CustomerPlayer(
                customer: Customer(name: "Customer \(index)", waID: String(16_505_550_000 + index)), number: number,
                appSecret: secret)
        }
        port = stage.nginx.port
        self.perSecond = perSecond
        self.sent = sent
        self.run = run
    }

    /// No new webhooks from now on; those that were begun are posted until they are accepted.
    func end() { ended.store(true, ordering: .relaxed) }

    /// Returns when everything that was begun after ``end()`` is accepted.
    /// - Parameter limit: When to give up: what was not accepted by then stands in the book without acceptance.
    func post(until limit: ContinuousClock.Instant) async {
        let started = ContinuousClock.now
        await withTaskGroup { group in
            for seed in 0..<Self.connections {
                group.addTask { await self.keepPosting(since: started, until: limit, seed: UInt64(seed)) }
            }
        }
    }

    private func keepPosting(
        since started: ContinuousClock.Instant, until limit: ContinuousClock.Instant, seed: UInt64
    ) async {
        var random = SeededRandom(seed: seed)
        var connection: LoopbackConnection?
        while !ended.load(ordering: .relaxed), !Task.isCancelled {
            let index = next.add(1, ordering: .relaxed).oldValue
            let due = started + .microseconds(index * 1_000_000 / perSecond)
            do { try await Task.sleep(until: due) } catch { return }
            let (item, body) = make(index)
            sent.enter(item)
            // One in fifty is delivered again although it was accepted.
            for _ in 0..<(Int.random(in: 0..<50, using: &random) == 0 ? 2 : 1) {
                while await !post(body, as: item, over: &connection) {
                    guard ContinuousClock.now < limit else { return }
                    let pause = Int.random(in: 100...400, using: &random)
                    do { try await Task.sleep(for: .milliseconds(pause)) } catch { return }
                }
            }
        }
        await connection?.close()
    }

    /// One post; whether it was accepted.
    private func post(_ body: [UInt8], as item: SentItem, over kept: inout LoopbackConnection?) async -> Bool {
        do {
            let connection: LoopbackConnection
            if let kept, !kept.isEnded {
                connection = kept
            } else {
                connection = try await LoopbackConnection.connect(port: port)
                kept = connection
            }
            sent.posting(item.key)
            let reply = try await player(of: item).post(body, on: connection, within: Self.patience)
            if reply.header("connection")?.lowercased() == "close" { kept = nil }
            guard reply.status == 200 else {
                sent.refused(reply.status)
                return false
            }
            sent.accepted(item.key)
            return true
        } catch {
            sent.unanswered()
            await kept?.close()
            kept = nil
            return false
        }
    }

    private func player(of item: SentItem) -> CustomerPlayer {
        switch item.content {
        case .message(_, let customer): players[customer]
        case .status, .poison: players[0]
        }
    }

    /// The webhook with that number: mostly messages, some statuses, one in a hundred no JSON.
    private func make(_ index: Int) -> (SentItem, [UInt8]) {
        if index % 100 == 99 {
            let body = "{chaos \(run) \(index)"
            return (SentItem(key: body, content: .poison, way: .posted), Array(body.utf8))
        }
        let customer = index % Self.customers
        let wamid = "wamid.\(run).\(index)"
        if index % 7 == 6 {
            let webhook = Webhook(
                status: "delivered", of: wamid, by: players[customer].customer, for: players[customer].number,
                timestamp: Int(UnixClock.milliseconds() / 1_000))
            return (SentItem(key: wamid, content: .status("delivered"), way: .posted), webhook.body)
        }
        let text = "chaos \(index)"
        let webhook = players[customer].webhook(.text(text), wamid: wamid)
        return (SentItem(key: wamid, content: .message(text: text, customer: customer), way: .posted), webhook.body)
    }
}
