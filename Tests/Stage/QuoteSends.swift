import GraphSimulator
import TestSupport

/// Three quote links for the customer who has just written, each asked for by another way, until they are read.
struct QuoteSends: Sendable {
    private static let ready = "wa:{outbound}:ready"

    let set: Playable
    private let to = "+\(Screenplay.customer.waID ?? "")"

    init(set: Playable) {
        self.set = set
    }

    /// A request in the short form, for people to push themselves.
    func request(_ quote: String) -> String {
        #"{"type":"quote_link","payload":{"tenant":"\#(set.tenant.id)",\#(content(quote))}}"#
    }

    /// The same as a request of the API.
    func body(_ quote: String) -> String { #"{"type":"quote_link",\#(content(quote))}"# }

    private func content(_ quote: String) -> String {
        #""to":"\#(to)","quote":{"id":"\#(quote)","url":"https://quotes.example/\#(quote)"}"#
    }

    /// - Returns: What is missing or wrong.
    func play() async throws -> [String] {
        Terminal.show("\n\(Screenplay.number.verifiedName) sends three quotes:")
        _ = try await set.deployment.redis.cli("LPUSH", Self.ready, request("Q-1001"))
        Terminal.show("  Q-1001  LPUSH \(Self.ready)")
        try await set.deployment.sql(
            """
            insert into whatsapp_outbox (tenant_id, request)
            values (\(set.tenant.id), '{"type":"quote_link",\(content("Q-1002"))}')
            """)
        Terminal.show("  Q-1002  insert into whatsapp_outbox")
        let reply = try await LoopbackHTTP.send(
            "POST", port: set.consolePort, "/api/whatsapp/send",
            headers: [("Authorization", "Bearer \(set.tenant.apiKey)"), ("Content-Type", "application/json")],
            body: Array(body("Q-1003").utf8))
        Terminal.show("  Q-1003  POST :\(set.consolePort)/api/whatsapp/send  →  \(reply.status)")
        let quotes = ["Q-1001", "Q-1002", "Q-1003"]
        var problems = try await wait(for: quotes, toBe: "delivered")
        for send in set.simulator.sends { _ = set.simulator.postStatus("read", of: send.wamid) }
        problems += try await wait(for: quotes, toBe: "read")
        let taken = set.simulator.sends.count
        if taken != quotes.count { problems.append("WhatsApp was asked for \(taken) messages, not \(quotes.count)") }
        Terminal.show("\nWhat became of the first (worker explain Q-1001)")
        let story = try await set.deployment.command.output("explain", "Q-1001")
        for line in story.split(separator: "\n") { Terminal.show("  \(line)") }
        return problems
    }

    private func wait(for quotes: [String], toBe status: String) async throws -> [String] {
        var statuses: [String: String] = [:]
        do {
            // One recipient gets a message every six seconds: so much Meta allows.
            try await waitUntil("the quotes to be \(status)", within: .seconds(60), poll: .milliseconds(50)) {
                let rows = try await set.deployment.postgres.rows(
                    "select quote_id, status from whatsapp_messages where quote_id is not null",
                    on: set.deployment.settings.databaseURL)
                statuses = Dictionary(
                    rows.map { ($0.first.flatMap { $0 } ?? "", $0.last.flatMap { $0 } ?? "") },
                    uniquingKeysWith: { first, second in "\(first) and \(second)" })
                return quotes.allSatisfy { statuses[$0] == status }
            }
            Terminal.show("  Each is \(status), once.")
            return []
        } catch is TestSupportError {
            return quotes.filter { statuses[$0] != status }.map {
                "quote \($0) is \(statuses[$0] ?? "not there"), not \(status)"
            }
        }
    }
}
