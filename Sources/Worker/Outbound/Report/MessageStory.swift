internal import LenientJSON
internal import OperationsKit
internal import SendPolicy

/// A message's whole story in plain words, for `worker explain`.
public struct MessageStory: Sendable {
    private let report: MessageReport
    /// Microseconds since 1970.
    private let now: Int64
    private let reveal: Bool

    /// - Parameters:
    ///   - now: microseconds since 1970.
    ///   - reveal: shows the recipient whole instead of their last four characters.
    public init(_ report: MessageReport, now: Int64, reveal: Bool) {
        self.report = report
        self.now = now
        self.reveal = reveal
    }

    public var text: String {
        // WhatsApp's times are whole seconds: within one second, what we did stands before what we were told.
        let events = ([asked] + leftOut + report.attempts.flatMap(lines) + report.statuses.map(line) + deleted)
            .enumerated()
            .sorted {
                ($0.element.at / 1_000_000, $0.offset) < ($1.element.at / 1_000_000, $1.offset)
            }
        var lines = [heading] + events.map { "  \(UTCTime.secondsText($0.element.at))  \($0.element.text)" }
        lines.append("Now \(report.status).\(report.reason.map { " \(Self.sentence($0))" } ?? "")")
        if let file { lines.append("Its file: \(file)") }
        lines.append("Next: \(next)")
        return lines.joined(separator: "\n")
    }

    /// The report's JSON, to be printed, with what is next; the recipient shortened unless revealed.
    public var json: String {
        let whole = reveal ? report.json : report.with(recipient: recipient).json
        let about = file.map { ",\"file\":" + JSONText.quoted($0) } ?? ""
        return JSONText.printable(String(whole.dropLast()) + about + ",\"next\":" + JSONText.quoted(next) + "}")
    }

    private var next: String { report.situation.next(now: now) }

    /// What became of the file that came with it.
    private var file: String? {
        guard let file = report.file else { return nil }
        let why = file.reason.map { " \(Self.sentence($0))" } ?? ""
        let attempts = file.attempts == 1 ? "1 attempt" : "\(file.attempts) attempts"
        switch file.state {
        case "stored": return "stored, \(file.size ?? 0) bytes."
        case "failed": return "given up after \(attempts).\(why)"
        case "pending": return "being fetched, \(attempts) so far.\(why)"
        case _: return file.state + "." + why
        }
    }

    private var deleted: [Event] {
        report.revokedAt.map { [Event(at: $0, text: "deleted by its sender: neither text nor file is shown any more")] }
            ?? []
    }

    private struct Event {
        let at: Int64
        let text: String
    }

    private var heading: String {
        var heading = "Message \(report.id): \(report.type.printable)"
        if let quote = report.quoteID {
            heading += " of quote \(quote.printable) version \(report.quoteVersion ?? 1)"
        }
        if let recipient { heading += " to \(recipient)" }
        if let number = report.number { heading += " from number \(number.printable)" }
        return heading + ", tenant \(report.tenant) (\(report.tenantName.printable))"
    }

    private var recipient: String? {
        guard let recipient = report.recipient, !reveal else { return report.recipient }
        return Recipient.shortened(recipient)
    }

    private var asked: Event {
        guard let origin = report.origin else {
            return Event(
                at: report.createdAt,
                text: report.isOutbound ? "stored: sent from the business's own app" : "stored: came from the customer")
        }
        let way =
            switch origin {
            case "api": "the HTTP API"
            case "redis": "a job pushed into Redis"
            case "outbox": "a row in whatsapp_outbox"
            case "command": "worker send"
            case "console": "the console"
            case _: origin.printable
            }
        let key = report.idempotencyKey.map { " (idempotency key \(shortened($0).printable))" } ?? ""
        return Event(at: report.createdAt, text: "asked for by \(way)\(key)")
    }

    private var leftOut: [Event] {
        guard report.attemptsLeftOut > 0, let first = report.attempts.first else { return [] }
        return [
            Event(at: first.startedAt, text: "attempts before the following: \(report.attemptsLeftOut), left out here")
        ]
    }

    /// A key that we made for a quote link ends in the recipient.
    private func shortened(_ key: String) -> String {
        reveal ? key : Recipient.shortened(report.recipient, in: key)
    }

    private func lines(_ attempt: MessageReport.Attempt) -> [Event] {
        let name = "attempt \(attempt.number)"
        let begun = Event(at: attempt.startedAt, text: "\(name): handed to WhatsApp")
        guard let outcome = attempt.outcome else { return [begun] }
        let why = attempt.explanation?.printable ?? attempt.code.map(Self.words)
        let code = attempt.code.map { "Meta's code \($0)" }
        let detail = [code, why].compactMap { $0 }.joined(separator: ": ")
        let ended =
            switch outcome {
            case "accepted": "WhatsApp took it\(attempt.wamid.map { " as \($0.printable)" } ?? "")"
            case "refused": "WhatsApp refused it"
            case "not_sent": "it was certainly not sent"
            case "unknown": "nobody can know whether WhatsApp took it"
            case "failed": "WhatsApp took it and told later that it failed"
            case _: outcome.printable
            }
        let end = Event(
            at: attempt.endedAt ?? attempt.startedAt,
            text: "\(name): \(ended)" + (outcome == "accepted" || detail.isEmpty ? "" : ": \(detail)"))
        return [begun, end]
    }

    private func line(_ status: MessageReport.Status) -> Event {
        let codes = status.errors.map(Self.codes) ?? []
        let why = codes.map { "Meta's code \($0): \(Self.words($0))" }.joined(separator: "; ")
        return Event(
            at: status.at, text: "status \(status.status.printable)" + (why.isEmpty ? "" : ": \(why)"))
    }

    private static func words(_ code: Int32) -> String {
        let rule = SendErrorTable.rule(code: Int(code))
        return "\(rule.title). \(rule.advice)"
    }

    private static func codes(_ errors: String) -> [Int32] {
        var parser = JSONParser()
        let codes = try? parser.withDocument(Array(errors.utf8)) { root in
            root.elements.compactMap { $0["code"]?.lenientInt64 }.map { Int32(clamping: $0) }
        }
        return codes ?? []
    }

    private static func sentence(_ text: String) -> String {
        let text = text.printable
        return text.hasSuffix(".") ? text : text + "."
    }
}
