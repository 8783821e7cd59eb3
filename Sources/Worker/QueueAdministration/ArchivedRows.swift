internal import JobQueue
internal import NIOCore
internal import Postgres

/// The columns of jobs for one statement.
struct ArchivedRows: Sendable {
    var ids: PostgresArray
    var types: PostgresArray
    var errorCodes: PostgresArray
    var errorTexts: PostgresArray
    var receivedAt: PostgresArray
    var placedAt: PostgresArray
    var elements: PostgresArray

    init(_ jobs: [QueuedJob]) {
        ids = .text(capacity: jobs.count)
        types = .text(capacity: jobs.count)
        errorCodes = .text(capacity: jobs.count)
        errorTexts = .text(capacity: jobs.count)
        receivedAt = .timestamptz(capacity: jobs.count)
        placedAt = .timestamptz(capacity: jobs.count)
        elements = Self.elements(jobs)
        for job in jobs {
            let header = job.element?.header
            ids.append(Self.clean(job.id))
            types.append(Self.clean(job.type))
            errorCodes.append(Self.clean(header?.error?.code))
            errorTexts.append(Self.clean(header?.error?.text))
            let received = header.flatMap { Self.microseconds(Double($0.receivedAt)) }
            receivedAt.append(microseconds: received)
            placedAt.append(microseconds: job.score.flatMap(Self.microseconds) ?? received ?? 0)
        }
    }

    static func elements(_ jobs: [QueuedJob]) -> PostgresArray {
        var elements = PostgresArray.bytea(capacity: jobs.count)
        for job in jobs { elements.append(bytes: Array(buffer: job.bytes)) }
        return elements
    }

    /// Postgres keeps no NUL in texts.
    private static func clean(_ text: String?) -> String? {
        guard let text, text.utf8.contains(0) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{fffd}" : $0 }))
    }

    /// Nil for what no calendar holds: a number that a producer or a person made up.
    private static func microseconds(_ milliseconds: Double) -> Int64? {
        guard milliseconds.isFinite, abs(milliseconds) < 1e14 else { return nil }
        return Int64(milliseconds * 1_000)
    }
}
