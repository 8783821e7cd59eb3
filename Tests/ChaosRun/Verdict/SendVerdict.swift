/// The ledger of sends: each quote link that was asked for went out exactly once; or at most once, and waits for a person;
/// or visibly once more after an outcome nobody could know.
struct SendVerdict: Sendable {
    private(set) var problems: [String] = []
    private(set) var acknowledged = 0
    /// Of the acknowledged ones: taken exactly once, and known to be.
    private(set) var sentOnce = 0
    /// Nobody knows, taken at most once, and a person decides.
    private(set) var held = 0
    /// Of those that are held: taken by the simulator in truth.
    private(set) var heldAndTaken = 0
    /// Went out a second time after an outcome nobody could know, and the row says so.
    private(set) var visiblyTwice = 0
    /// Taken more often than the rows say.
    private(set) var duplicates = 0
    /// Acknowledged, and neither sent nor held.
    private(set) var lost = 0
    /// Went out though their asking was not acknowledged.
    private(set) var unacknowledged = 0

    private let evidence: SendEvidence

    init(_ evidence: SendEvidence) {
        self.evidence = evidence
        judgeQuotes()
        judgeOutbox()
        judgeQueue()
    }

    private mutating func note(_ found: [String], _ what: String) {
        guard !found.isEmpty else { return }
        problems.append("\(found.count) \(what): \(found.sorted().prefix(5).joined(separator: ", "))")
    }

    private mutating func judgeQuotes() {
        var (missing, twins, doubled, unsent, open, held, ended) = (
            [String](), [String](), [String](), [String](), [String](), [String](), [String]()
        )
        let rows = Dictionary(grouping: evidence.rows, by: \.quote)
        for (quote, ask) in evidence.asked {
            if ask.isAcknowledged { acknowledged += 1 }
            let own = rows[quote] ?? []
            if own.count > 1 { twins.append(quote) }
            guard let row = own.first else {
                if ask.isAcknowledged { missing.append(quote) }
                continue
            }
            let taken = own.reduce(0) { $0 + evidence.taken[$1.message, default: 0] }
            let about = "\(quote) (\(row.status), taken \(taken), attempts \(row.attempts), resends \(row.resends))"
            // A held one never goes out again by itself, another once more at most, and the row tells.
            let most = ask.isHeld ? 1 : 1 + min(1, row.resends)
            if taken > most { doubled.append(about) } else if taken > 1 { visiblyTwice += 1 }
            switch row.status {
            case "accepted", "sent", "delivered", "read":
                if taken == 0 { unsent.append(about) }
                if taken == 1 { if ask.isAcknowledged { sentOnce += 1 } else { unacknowledged += 1 } }
            case "unknown":
                if !row.isHeld { open.append(about) }
                self.held += 1
                if taken > 0 { heldAndTaken += 1 }
                if taken == 0, row.attempts == 0 { held.append(about) }
            case "queued", "sending": open.append(about)
            case _: ended.append(about)
            }
        }
        lost += missing.count + unsent.count + ended.count
        duplicates += doubled.count + twins.count
        note(missing, "quote links that were acknowledged have no message")
        note(twins, "quotes have more than one message")
        note(doubled, "messages were taken more often than their rows say")
        note(unsent, "messages count as sent and were never taken")
        note(open, "sends are still under way")
        note(held, "messages are held that were never tried")
        note(ended, "sends have ended without going out")
        note(Array(Set(rows.keys).subtracting(evidence.asked.keys)), "messages were never asked for")
        let known = Set(evidence.rows.map(\.message))
        note(evidence.taken.keys.filter { !known.contains($0) }, "messages were taken that have no row")
    }

    private mutating func judgeOutbox() {
        note(evidence.outbox.filter { !$0.isDone }.map(\.quote), "rows of the outbox were not taken up")
        note(
            evidence.outbox.filter { $0.error != nil }.map { "\($0.quote): \($0.error ?? "")" },
            "rows of the outbox were refused")
    }

    private mutating func judgeQueue() {
        note(
            evidence.left.filter { $0.value != 0 }.map { "\($0.key) \($0.value)" },
            "places of the outbound queue are not empty")
        problems += evidence.unowned
    }
}
