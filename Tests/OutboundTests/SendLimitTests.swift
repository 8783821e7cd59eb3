import Postgres
import SendPolicy
import Tenants
import Testing

@testable import Outbound

/// How the rows keep count of what limits a send's retries.
@Suite("Limits of retries, in the rows") struct SendLimitTests {
    private static let columns = """
        select attempts, trying_since is not null, message_tries, recipient_tries, app_tries from whatsapp_messages
        """

    /// One message, and what happens to it.
    private struct Subject {
        let harness: SendHarness
        let id: String

        init(_ harness: SendHarness) async throws {
            self.harness = harness
            id = try #require(try await harness.submit(Ask.quote()).message?.id)
        }

        func row() async throws -> SendRow {
            let id = id
            let rows = try await harness.pool.withTransaction { session in try BeginTable.look(up: [id], in: session) }
            return try #require(rows.first)
        }

        func begin(sender: String = "w/1") async throws {
            let row = try await row()
            try await harness.pool.withTransaction { session in
                try BeginTable.begin(
                    [(row.id, false)], late: row.isLate ? [row.id] : [], sender: sender, in: session)
            }
        }

        @discardableResult
        func end(
            _ attempt: Int32, _ change: SendChange, _ outcome: AttemptOutcome = .refused, sender: String = "w/1"
        ) async throws -> SendStatus? {
            let written = SendOutcome(
                id: id, tenant: 1, attempt: attempt, sender: sender, kind: .ended(outcome, change))
            return try await harness.pool.withTransaction { session in
                try OutcomeTable.write([written], in: session)
            }[id]
        }

        func columns() async throws -> String { try await harness.sql(SendLimitTests.columns) }
    }

    private func again(_ tally: SendChange.Tally) -> SendChange {
        SendChange(.queued, due: .after(0), reason: SendReason(code: "r", text: "R."), tally: tally)
    }

    @Test("each class is counted by itself; a pause or a person's resend lets all begin anew")
    func counts() async throws {
        try await SendHarness.run { harness in
            let subject = try await Subject(harness)
            let tallies: [SendChange.Tally] = [
                .refused(.message), .refused(.recipient), .refused(.recipient), .refused(.app), .refused(.number),
            ]
            for (attempt, tally) in tallies.enumerated() {
                try await subject.begin()
                try await subject.end(Int32(attempt) + 1, again(tally))
            }
            #expect(try await subject.columns() == "5|t|1|2|1")
            #expect(try await subject.row().tries == SendTries(message: 1, recipient: 2, app: 1))
            try await subject.begin()
            try await subject.end(6, again(.anew))
            #expect(try await subject.columns() == "6|f|0|0|0")
            try await subject.begin()
            #expect(try await subject.columns() == "7|t|0|0|0")
            _ = try await harness.sql("update whatsapp_messages set status = 'unknown', held = true, app_tries = 4")
            _ = try await harness.pool.withTransaction { [id = subject.id] session in
                try SendControl.release(
                    id, of: nil, .resend, by: .init(name: "ana", origin: "test"), in: session)
            }
            #expect(try await subject.columns() == "7|f|0|0|0")
        }
    }

    @Test("the age counts from the first attempt, but not over a wait that was not the retry's own")
    func age() async throws {
        try await SendHarness.run { harness in
            let subject = try await Subject(harness)
            try await subject.begin()
            try await subject.end(1, again(.refused(.message)))
            func shift(_ column: String, _ interval: String) async throws {
                _ = try await harness.sql("update whatsapp_messages set \(column) = \(column) - interval '\(interval)'")
            }
            try await shift("trying_since", "25 hours")
            var row = try await subject.row()
            var state = row.state(.sending, attempts: 2)
            #expect(state.age / 3_600_000 == 25 && state.tries.message == 1)
            // Friday to Monday: whatever kept it, it was due long ago.
            try await shift("due_at", "3 days")
            row = try await subject.row()
            state = row.state(.sending, attempts: 2)
            #expect(row.isLate && state.age == 0 && state.tries == SendTries())
            try await subject.begin()
            #expect(try await subject.columns() == "2|t|0|0|0")
            #expect(
                try await harness.sql("select now() - trying_since < interval '1 minute' from whatsapp_messages") == "t"
            )
        }
    }

    @Test("an attempt that could not be handed over is none, and leaves one row however often that happens")
    func undone() async throws {
        try await SendHarness.run { harness in
            let subject = try await Subject(harness)
            try await subject.begin()
            try await subject.end(1, again(.refused(.message)))
            for _ in 0..<20 {
                try await subject.begin()
                try await subject.end(2, again(.undone), .notSent)
            }
            #expect(try await subject.columns() == "1|f|1|0|0")
            #expect(
                try await harness.sql(
                    "select string_agg(attempt || outcome, ' ' order by attempt) from whatsapp_send_attempts")
                    == "1refused 2not_sent")
            try await subject.begin()
            try await subject.end(2, SendChange(.accepted), .accepted)
            #expect(
                try await harness.sql(
                    "select string_agg(attempt || outcome, ' ' order by attempt) from whatsapp_send_attempts")
                    == "1refused 2accepted")
        }
    }

    @Test("undone once more, because the answer was lost, it does not touch another worker's attempt of that number")
    func undoneTwice() async throws {
        try await SendHarness.run { harness in
            let subject = try await Subject(harness)
            try await subject.begin(sender: "w/1")
            #expect(try await subject.end(1, again(.undone), .notSent, sender: "w/1") == .queued)
            try await subject.begin(sender: "x/1")
            #expect(try await subject.end(1, again(.undone), .notSent, sender: "w/1") == nil)
            let putBack = SendOutcome(id: subject.id, tenant: 1, attempt: 1, sender: "w/1", kind: .putBack)
            let written = try await harness.pool.withTransaction { session in
                try OutcomeTable.write([putBack], in: session)
            }
            #expect(written.isEmpty)
            #expect(
                try await harness.sql(
                    """
                    select m.status, m.attempts, m.sender, a.outcome is null from whatsapp_messages m
                    join whatsapp_send_attempts a on a.message_id = m.id
                    """) == "sending|1|x/1|t")
        }
    }

    @Test("of thousands of attempts the latest are told, and how many there were before")
    func manyAttempts() async throws {
        try await SendHarness.run { harness in
            let subject = try await Subject(harness)
            _ = try await harness.sql(
                """
                insert into whatsapp_send_attempts (message_id, attempt, tenant_id, started_at, outcome, code)
                select '\(subject.id)', n, 1, to_timestamp(1800000000 + n), 'refused', 130429 from generate_series(1, 2500) n
                """)
            let report = try await harness.pool.withTransaction { [id = subject.id] session in
                try MessageReports.load(id, of: nil, in: session)
            }
            let found = try #require(report)
            #expect(found.attempts.map(\.number) == Array(2_401...2_500))
            #expect(found.json.contains(#""attempts_left_out":2400,"statuses":[]"#))
            let story = MessageStory(found, now: 1_800_009_000_000_000, reveal: false).text
            #expect(story.contains("attempts before the following: 2400, left out here\n"))
            #expect(!story.contains("attempt 2400:") && story.contains("attempt 2401:"))
        }
    }
}
