internal import JobQueue
internal import NIOCore
internal import OperationsKit

/// How a job is shown: to programs and to people. Texts and numbers of customers are masked unless revealed; the
/// signature of a webhook is never shown.
public enum JobReport {
    private static let longestPreview = 100

    public static func json(_ job: QueuedJob, reveal: Bool) -> JSONOutput {
        let header = job.element?.header
        var members: [(String, JSONOutput)] = [
            ("queue", .text(job.queue.rawValue)), ("place", .text(job.place.name)), ("id", .optional(job.id)),
            ("type", .text(job.type)), ("v", .optional(header.map { Int64($0.version) })),
            ("received_at", .optional(header?.receivedAt)), ("attempt", .optional(header.map { Int64($0.attempt) })),
            ("crashes", .optional(header.map { Int64($0.crashes) })),
        ]
        if case .lane(let number) = job.place { members.append(("number", .text(number))) }
        if case .claimed(let worker) = job.place { members.append(("worker", .text(worker))) }
        if let score = job.score { members.append((job.place == .dead ? "died_at" : "due_at", .integer(whole(score)))) }
        if let trace = header?.trace { members.append(("trace", .text(trace))) }
        if header?.signature != nil { members.append(("signed", .bool(true))) }
        if let error = header?.error {
            members.append(("error", .object([("code", .text(error.code)), ("text", .text(error.text))])))
        }
        members.append(("bytes", .integer(Int64(job.bytes.readableBytes))))
        members.append(("payload", .raw(payload(job, reveal: reveal))))
        return .object(members)
    }

    /// What a retry has done: where the job was, and that it waits now, first in line.
    public static func retried(_ job: QueuedJob) -> JSONOutput {
        .object([
            ("queue", .text(job.queue.rawValue)), ("id", .optional(job.id)), ("was", .text(job.place.name)),
            ("place", .text(JobPlace.ready.name)),
        ])
    }

    /// A table, or a sentence if there is nothing.
    public static func table(_ jobs: [QueuedJob], reveal: Bool, now: Int64) -> String {
        guard !jobs.isEmpty else { return "There is no such job." }
        let heading = ["ID", "TYPE", "AGE", "ATT", "CRASH", "WHEN", "ERROR", "PAYLOAD"]
        return TextTable.text(
            heading,
            jobs.map { job in
                let header = job.element?.header
                return [
                    job.id ?? "-", job.type, header.map { Moment.span(milliseconds: now - $0.receivedAt) } ?? "-",
                    header.map { String($0.attempt) } ?? "-", header.map { String($0.crashes) } ?? "-",
                    when(job, now: now), header?.error?.code ?? "-", preview(payload(job, reveal: reveal)),
                ]
            })
    }

    /// Everything about one job, a line for each fact.
    public static func text(_ job: QueuedJob, reveal: Bool, now: Int64) -> String {
        var lines = [
            ("id", job.id ?? "(none)"), ("queue", job.queue.rawValue), ("place", job.place.name), ("type", job.type),
        ]
        if case .lane(let number) = job.place { lines.append(("number", number)) }
        if case .claimed(let worker) = job.place { lines.append(("worker", worker)) }
        if job.score != nil { lines.append((job.place == .dead ? "died" : "due", when(job, now: now))) }
        if let header = job.element?.header {
            let age = Moment.span(milliseconds: now - header.receivedAt)
            lines.append(("received", "\(Moment.text(milliseconds: header.receivedAt)) (\(age) ago)"))
            lines.append(("attempts", String(header.attempt)))
            lines.append(("crashes", String(header.crashes)))
            if let trace = header.trace { lines.append(("trace", trace)) }
            if let error = header.error { lines.append(("error", "\(error.code): \(error.text)")) }
            if header.version != JobHeader.currentVersion {
                lines.append(("note", "envelope of version \(header.version): this version leaves it alone"))
            }
        } else {
            lines.append(("note", "no header of ours: a producer's short form, or unreadable"))
        }
        lines.append(("size", "\(job.bytes.readableBytes) bytes"))
        lines.append(("payload", payload(job, reveal: reveal)))
        return lines.map { name, value in
            "\(name):" + String(repeating: " ", count: max(1, 10 - name.count)) + value.printable
        }.joined(separator: "\n")
    }

    /// The payload as one line of JSON, customers' words and numbers masked.
    public static func maskedPayload(_ job: QueuedJob) -> String { payload(job, reveal: false) }

    private static func payload(_ job: QueuedJob, reveal: Bool) -> String {
        MaskedPayload.json(job.element?.payload ?? job.bytes, reveal: reveal)
    }

    private static func when(_ job: QueuedJob, now: Int64) -> String {
        switch job.place {
        case .ready: return "-"
        case .lane(let number): return number
        case .claimed(let worker): return worker
        case .dead: return Moment.span(milliseconds: now - whole(job.score ?? 0)) + " ago"
        case .scheduled:
            let left = whole(job.score ?? 0) - now
            return left > 0 ? "in " + Moment.span(milliseconds: left) : "due"
        }
    }

    private static func preview(_ text: String) -> String {
        text.count <= longestPreview ? text : text.prefix(longestPreview) + "…"
    }

    /// A score as whole milliseconds; what no clock shows becomes 0.
    private static func whole(_ score: Double) -> Int64 {
        score.isFinite && abs(score) < 1e15 ? Int64(score) : 0
    }
}
