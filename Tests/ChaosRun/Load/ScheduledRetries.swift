import GraphSimulator
import Identifiers
import JobQueue
import NIOCore
import TestSupport

/// Puts retries that are due in the future into the schedule, as if earlier attempts had failed, and travellers: a
/// doubled ordinary job leaves no trace, since storing is idempotent; a doubled ``Traveller`` stays for everyone to see.
struct ScheduledRetries: Sendable {
    let load: WebhookLoad
    let probe: QueueProbe
    let perSecond: Int
    let sent: SentItems
    let run: String

    /// - Throws: What Redis said.
    func plantTravellers() async throws {
        for index in 0..<Traveller.count {
            var header = JobHeader(id: Traveller.id(index), type: "webhook", receivedAt: UnixClock.milliseconds())
            header.version = 2
            let element = JobElement(header: header, payload: ByteBuffer(string: "{}"))
            try await probe.schedule(element, due: UnixClock.milliseconds() + Int64(500 * index))
        }
    }

    /// Plants retries until cancelled. One whose planting Redis did not acknowledge is sent, not accepted.
    func plant(seed: UInt64) async {
        var random = SeededRandom(seed: seed)
        var index = 0
        while true {
            do { try await Task.sleep(for: .milliseconds(1_000 / perSecond)) } catch { return }
            let delay = Int64.random(in: 1_000...15_000, using: &random)
            let (item, element) = make(index, due: UnixClock.milliseconds() + delay)
            index += 1
            guard case .planted(let due, _, _) = item.way else { return }
            sent.enter(item)
            sent.posting(item.key)
            do {
                try await probe.schedule(element, due: due)
                sent.accepted(item.key)
            } catch {
                sent.unanswered()
            }
        }
    }

    private func make(_ index: Int, due: Int64) -> (SentItem, JobElement) {
        let attempt = 1 + index % 5
        let job = "planted-\(run)-\(index)"
        let way = SentItem.Way.planted(due: due, job: job, attempt: attempt)
        let header = JobHeader(
            id: job, type: "webhook", receivedAt: UnixClock.milliseconds(), attempt: attempt,
            error: JobFailure(code: "planted", text: "An earlier attempt failed."))
        func element(_ body: [UInt8]) -> JobElement { JobElement(header: header, payload: ByteBuffer(bytes: body)) }
        if index % 20 == 19 {
            let body = "{planted \(run) \(index)"
            return (SentItem(key: body, content: .poison, way: way), element(Array(body.utf8)))
        }
        let customer = index % WebhookLoad.customers
        let (wamid, text) = ("wamid.\(run).planted.\(index)", "planted \(index)")
        let webhook = load.players[customer].webhook(.text(text), wamid: wamid)
        return (
            SentItem(key: wamid, content: .message(text: text, customer: customer), way: way), element(webhook.body)
        )
    }
}
