import JobQueue
import RedisClient
import TestSupport

/// Asks for quote links at a steady rate, each for another quote: half as short forms pushed into Redis, half as rows of
/// the outbox; one in three is to be held when in doubt.
struct SendLoad: Sendable {
    private static let customers = 400
    private static let turn: Duration = .milliseconds(500)
    private static let ready = QueueKeys(prefix: "wa", queue: .outbound).ready

    let stage: ChaosStage
    let probe: QueueProbe
    let perSecond: Int
    let asked: AskedQuotes
    /// Part of every quote's id, so that two runs never mix.
    let run: String

    /// Customers of their own, who have just written: so that no recipient's limit stands in the way.
    /// - Throws: `TestSupportError`
    func openWindows() async throws {
        try await stage.deployment.sql(
            """
            with made as (
                insert into whatsapp_conversations (tenant_id, last_inbound_at)
                select \(stage.tenant.id), now() from generate_series(1, \(Self.customers)) returning id, tenant_id)
            insert into whatsapp_identities (tenant_id, kind, value, conversation_id)
            select tenant_id, 'phone', (16600000000 + row_number() over (order by id) - 1)::text, id from made
            """)
    }

    /// Asks until cancelled. What Redis or Postgres did not acknowledge is not asked again: nobody can know whether it is
    /// there.
    func ask() async {
        guard perSecond > 0 else { return }
        await withTaskGroup { group in
            for way in AskedQuotes.Way.allCases {
                group.addTask { await ask(way) }
            }
        }
    }

    private func ask(_ way: AskedQuotes.Way) async {
        let started = ContinuousClock.now
        var count = 0
        var turn = 0
        while true {
            turn += 1
            do { try await Task.sleep(until: started + Self.turn * turn) } catch { return }
            var requests: [(quote: String, request: String)] = []
            // Half of the rate is this way's.
            let due = perSecond * turn * Int(Self.turn.inSeconds * 1_000) / 2_000
            while count < due {
                let isHeld = count % 3 == 2
                let quote = "\(run)-\(way.rawValue)-\(count)"
                let customer = 16_600_000_000 + (2 * count + (way == .pushed ? 0 : 1)) % Self.customers
                asked.enter(quote, AskedQuotes.Ask(way: way, isHeld: isHeld))
                requests.append(
                    (
                        quote,
                        #""to":"+\#(customer)","quote":{"id":"\#(quote)","url":"https://quotes.example/\#(count)"},"#
                            + #""on_unknown":"\#(isHeld ? "hold" : "resend")""#
                    ))
                count += 1
            }
            guard !requests.isEmpty else { continue }
            do {
                switch way {
                case .pushed: try await push(requests.map(\.request))
                case .outbox: try await write(requests.map(\.request))
                }
                asked.acknowledged(requests.map(\.quote))
            } catch {
                continue
            }
        }
    }

    private func push(_ requests: [String]) async throws {
        for request in requests {
            let short = #"{"type":"quote_link","payload":{"tenant":\#(stage.tenant.id),\#(request)}}"#
            try await probe.send("LPUSH", .text(Self.ready), .text(short))
        }
    }

    /// All in one transaction.
    private func write(_ requests: [String]) async throws {
        let rows = requests.map { #"(\#(stage.tenant.id), '{"type":"quote_link",\#($0)}'::jsonb)"# }
        try await stage.deployment.sql(
            "insert into whatsapp_outbox (tenant_id, request) values \(rows.joined(separator: ", "))")
    }
}
