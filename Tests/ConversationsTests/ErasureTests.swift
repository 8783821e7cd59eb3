import Conversations
import Erasure
import JobQueue
import NIOCore
import Postgres
import RedisClient
import TestSupport
import Testing

@Suite struct ErasureTests {
    private static let ana = "16505550001"

    @Test("an erased customer is gone from every table, and a repeated webhook brings nothing back")
    func gone() async throws {
        try await ErasureHarness.run { harness in
            let store = harness.store
            let theirs = [
                Body.text("a1", phone: Self.ana, name: "Anabel", at: 1_700_000_001, text: "secret words"),
                Body.text("a2", phone: nil, userID: "US.anabel", name: "Anabel", at: 1_700_000_002),
                Body.text("a3", phone: Self.ana, userID: "US.anabel", name: "Anabel", at: 1_700_000_003),
                Body.reaction("a4", to: "a1", "👍", at: 1_700_000_004, phone: Self.ana),
                Body.value(#""errors":[{"code":1,"details":"16505550001 is away"}]"#),
                Body.text("x1", phone: Self.ana, number: "999"),
                Body.value(
                    #""statuses":[{"id":"s1","status":"read","timestamp":"1700000001","recipient_id":"16505550001"}]"#),
            ]
            try await store.store(theirs)
            try await store.store(Body.text("b1", phone: "16505550002", name: "Ben"))
            _ = try await store.sql(
                """
                insert into whatsapp_outbox (tenant_id, request) values (1, '{"to":"+1 650 555 0001","type":"text"}'),
                    (1, '{"to":"+16505550002","type":"text","body":"ask me"}'), (1, '{"too":"16505550001"}');
                insert into archived_jobs (queue, place, type, placed_at, purpose, element, element_hash)
                values ('inbound', 'dead', 'webhook', now(), 'archive', 'x 16505550001 y', 'h'),
                    ('inbound', 'dead', 'unreadable', now(), 'archive', convert_to('{"v":1,"id":"1","type":"unreadable",'
                        '"received_at":1,"attempt":0,"crashes":0,"payload":"' || encode('xx16505550001', 'base64')
                        || '"}', 'UTF8'), 'i'),
                    ('inbound', 'dead', 'webhook', now(), 'archive', 'x 16505550002 y', 'j')
                """)
            #expect(try await harness.rows(holding: Self.ana) != "0")
            let outcome = try await harness.erase(.phone(Self.ana), asOperator: true)
            var expected = ErasureOutcome()
            expected.conversations = 1
            expected.messages = 4
            expected.statuses = 1
            expected.events = 1
            expected.unrouted = 1
            expected.outbox = 2
            expected.archived = 2
            #expect(outcome == expected)
            let texts = [Self.ana, "US.anabel", "Anabel", "secret words"]
            for text in texts { #expect(try await harness.rows(holding: text) == "0", "\(text)") }
            #expect(try await store.sql("select wamid from whatsapp_messages") == "b1")
            #expect(
                try await store.sql(
                    """
                    select detail ->> 'messages', detail ->> 'complete' from audit_log where action = 'customer.erase'
                    """) == "4|true")

            try await store.store(theirs)
            for text in texts { #expect(try await harness.rows(holding: text) == "0", "\(text)") }
            #expect(try await harness.erase(.phone(Self.ana), asOperator: true).isEmpty)
            try await store.store(Body.text("a9", phone: Self.ana, name: "Anabel"))
            #expect(try await store.sql("select count(*) from whatsapp_messages") == "2")
        }
    }

    @Test("found by any of the customer's names, and by the conversation, also by one that was merged")
    func subjects() async throws {
        try await ErasureHarness.run { harness in
            for subject in [CustomerErasure.Subject.phone(Self.ana), .userID("US.anabel"), .conversation(0)] {
                try await harness.store.store(Body.text("a1", phone: Self.ana, at: 1_700_000_001))
                try await harness.store.store(Body.text("a2", phone: nil, userID: "US.anabel", at: 1_700_000_002))
                let merged = try await harness.store.sql("select max(id) from whatsapp_conversations")
                try await harness.store.store(
                    Body.text("a3", phone: Self.ana, userID: "US.anabel", at: 1_700_000_003))
                let asked = subject == .conversation(0) ? .conversation(try #require(Int64(merged))) : subject
                #expect(try await harness.erase(asked).messages == 3, "\(asked)")
                #expect(try await harness.store.sql("select count(*) from whatsapp_conversations") == "0")
                _ = try await harness.store.sql("delete from whatsapp_erased")
            }
            await #expect(throws: ErasureRun.Unknown.self) { try await harness.erase(.conversation(77)) }
            await #expect(throws: ErasureRun.Unknown.self) {
                try await harness.erase(.phone(Self.ana), tenant: 77)
            }
        }
    }

    @Test("what other people said, and what is another tenant's, stays wherever it stands")
    func othersStay() async throws {
        try await ErasureHarness.run { harness in
            let store = harness.store
            try await store.addTenant(number: "200", account: "waba-2")
            func mixed(_ number: String) -> String {
                Body.value(
                    #""messages":[{"from":"16505550001","id":"a.\#(number)","timestamp":"1700000000","type":"text","#
                        + #""text":{"body":"a"}},{"from":"16505550002","id":"b.\#(number)","timestamp":"1700000000","#
                        + #""type":"text","text":{"body":"b"}}]"#, number: number,
                    account: number == "200" ? "waba-2" : number == "998" ? "waba-9" : "waba-1")
            }
            try await store.store(mixed("999"), mixed("998"))
            for (index, number) in ["100", "200"].enumerated() {
                try await harness.push(
                    ErasureHarness.element(mixed(number), id: "01J0000000000000000000000\(index)"),
                    to: harness.inbound.ready)
            }
            _ = try await harness.redis.send(
                RedisCommand(
                    "ZADD", .text(harness.inbound.dead), 5,
                    .bytes(ErasureHarness.element(mixed("100"), id: "01J00000000000000000000007"))))
            let archived = String(buffer: ErasureHarness.element(mixed("100")))
            let foreign = String(buffer: ErasureHarness.element(mixed("200")))
            _ = try await store.sql(
                """
                insert into archived_jobs (queue, place, type, placed_at, purpose, element, element_hash)
                values ('inbound', 'dead', 'webhook', now(), 'archive', convert_to($q$\(archived)$q$, 'UTF8'), 'h'),
                    ('inbound', 'dead', 'webhook', now(), 'archive', convert_to($q$\(foreign)$q$, 'UTF8'), 'i')
                """)
            let outcome = try await harness.erase(.phone(Self.ana))
            #expect(outcome.unrouted == 1)
            #expect(outcome.archived == 1)
            #expect(outcome.jobs == 2)
            let ready = try await harness.list(harness.inbound.ready)
            #expect(ready.count == 2)
            for job in ready {
                #expect(job.contains("16505550002"))
                #expect(job.contains(Self.ana) == job.contains(#""phone_number_id":"200""#))
                #expect(job.contains("sha256=00") == job.contains(Self.ana))
            }
            // Of the account 998 nothing is the tenant's; to operators it is nobody's.
            let unrouted = "select phone_number_id, position('\(Self.ana)' in convert_from(change, 'UTF8')) > 0"
            #expect(
                try await store.sql(unrouted + " from whatsapp_unrouted order by 1") == "998|t\n999|f")
            #expect(try await harness.erase(.phone(Self.ana), asOperator: true).unrouted == 1)
            #expect(
                try await store.sql(unrouted + " from whatsapp_unrouted order by 1") == "998|f\n999|f")
            #expect(
                try await store.sql(
                    """
                    select element_hash, position('\(Self.ana)' in convert_from(element, 'UTF8')) > 0,
                        position('16505550002' in convert_from(element, 'UTF8')) > 0 from archived_jobs order by 1
                    """) == "\\x68|f|t\n\\x69|t|t")

            try await store.store(mixed("999"))
            #expect(try await store.sql("select count(*) from whatsapp_unrouted") == "2")
            try await store.addTenant(number: "999", account: "waba-1")
            _ = try await store.drainUnrouted()
            #expect(try await store.sql("select wamid from whatsapp_messages") == "b.999")
            // What was taken out of a queue does not come back by a repetition either.
            try await store.store(mixed("100"))
            #expect(try await store.sql("select wamid from whatsapp_messages where tenant_id = 1") == "b.100")
        }
    }

    @Test("what a tenant is told of an erasure is the same, whether another tenant knows the customer or not")
    func revealsNothing() async throws {
        try await ErasureHarness.run { harness in
            let store = harness.store
            try await store.addTenant(number: "200", account: "waba-2")
            let foreign = Body.text("b", phone: Self.ana, userID: "US.ana12", number: "200")
            try await store.store([foreign])
            _ = try await store.sql(
                """
                insert into whatsapp_outbox (tenant_id, request) values (2, '{"to":"+\(Self.ana)"}');
                insert into archived_jobs (queue, place, type, placed_at, purpose, element, element_hash)
                values ('inbound', 'dead', 'webhook', now(), 'archive',
                    convert_to($q$\(String(buffer: ErasureHarness.element(foreign)))$q$, 'UTF8'), 'h')
                """)
            // What another tenant's worker holds is not waited for either.
            let worker = "other.worker"
            _ = try await harness.redis.send(
                RedisCommand("ZADD", .text(harness.inbound.workers), 1, .text(worker)))
            try await harness.push(ErasureHarness.element(foreign), to: harness.inbound.claimed(by: worker))
            try await harness.push(ErasureHarness.element(foreign), to: harness.inbound.ready)
            let before = try await store.sql(Self.contents)
            let conversation =
                Int64(
                    try await store.sql("select id from whatsapp_conversations where tenant_id = 2")) ?? 0
            for subject in [CustomerErasure.Subject.phone(Self.ana), .userID("US.ana12")] {
                #expect(try await harness.erase(subject, within: .seconds(60)).isEmpty)
            }
            for id in [conversation, conversation + 1_000] {
                await #expect(throws: ErasureRun.Unknown.conversation) { try await harness.erase(.conversation(id)) }
            }
            #expect(try await store.sql(Self.contents) == before)
            #expect(try await harness.list(harness.inbound.ready) == [String(buffer: ErasureHarness.element(foreign))])
        }
    }

    private static let contents = """
        select (select string_agg(m::text, '|' order by id) from whatsapp_messages m),
            (select string_agg(i::text, '|' order by value) from whatsapp_identities i),
            (select string_agg(o::text, '|' order by id) from whatsapp_outbox o),
            (select string_agg(j::text, '|' order by id) from archived_jobs j),
            (select count(*) from whatsapp_erased)
        """

    @Test("another tenant's customer with the same number stays")
    func otherTenant() async throws {
        try await ErasureHarness.run { harness in
            try await harness.store.addTenant(number: "200", account: "waba-2")
            try await harness.store.store(Body.text("a"), Body.text("b", number: "200"))
            try await harness.erase(.phone("16505551234"), asOperator: true)
            #expect(try await harness.store.sql("select tenant_id, wamid from whatsapp_messages") == "2|b")
        }
    }

    @Test("of a send in flight neither the answer nor a status brings the number back")
    func inFlight() async throws {
        try await ErasureHarness.run { harness in
            let store = harness.store
            try await store.store(Body.text("a", phone: Self.ana))
            let id = "01J0000000000000000000000Z"
            _ = try await store.sql(
                """
                insert into whatsapp_messages (id, tenant_id, conversation_id, direction, type, status, sent_at, request,
                    attempts, recipient)
                select '\(id)', 1, id, 'outbound', 'text', 'sending', now(), '{}', 1, '+16505550001'
                from whatsapp_conversations
                """)
            try await harness.erase(.phone(Self.ana))
            try await store.store(
                Body.value(
                    #""statuses":[{"id":"late","status":"sent","timestamp":"1700000001","recipient_id":"16505550001","#
                        + #""biz_opaque_callback_data":"\#(id).1"}]"#))
            #expect(try await harness.rows(holding: Self.ana) == "0")
        }
    }

    @Test("what a worker has in hand is waited for, and then it is erased, too")
    func inHand() async throws {
        try await ErasureHarness.run { harness in
            let claimed = harness.inbound.claimed(by: "w1")
            let body = Body.text("a1", phone: Self.ana)
            _ = try await harness.redis.send(RedisCommand("ZADD", .text(harness.inbound.workers), 1, "w1"))
            try await harness.push(ErasureHarness.element(body), to: claimed)
            await #expect(throws: ErasureRun.Incomplete.self) {
                try await harness.erase(.phone(Self.ana), within: .milliseconds(300))
            }
            #expect(
                try await harness.store.sql("select detail ->> 'complete' from audit_log") == "false")
            let erasing = Task { try await harness.erase(.phone(Self.ana)) }
            try await harness.store.store(body)
            _ = try await harness.redis.send(RedisCommand("DEL", .text(claimed)))
            _ = try await erasing.value
            #expect(try await harness.rows(holding: Self.ana) == "0")
            #expect(try await harness.store.sql("select count(*) from whatsapp_messages") == "0")
        }
    }

    @Test("erased while eight workers store, repeat and merge: nothing of the customer is left, all of the others is")
    func races() async throws {
        try await ErasureHarness.run { harness in
            let store = harness.store
            let first = (0..<200).map {
                Body.text(
                    "a\($0)", phone: $0 % 3 == 0 ? nil : Self.ana, userID: $0 % 3 == 1 ? nil : "US.anabel",
                    at: 1_700_000_000 + $0)
            }
            try await store.store(first)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        var random = SeededRandom(seed: UInt64(writer))
                        for round in 0..<25 {
                            // Repeated webhooks of the customer, between those of others.
                            let again = (0..<10).map { _ in first[Int.random(in: 0..<first.count, using: &random)] }
                            let others = (0..<5).map {
                                Body.text("b.\(writer).\(round).\($0)", phone: "1660555\(1_000 + $0)")
                            }
                            try await store.storeRetrying((again + others).shuffled(using: &random))
                        }
                    }
                }
                group.addTask { _ = try await harness.erase(.phone(Self.ana)) }
                try await group.waitForAll()
            }
            #expect(try await harness.rows(holding: Self.ana) == "0")
            #expect(try await harness.rows(holding: "US.anabel") == "0")
            #expect(
                try await store.sql(
                    "select count(*), count(distinct conversation_id) from whatsapp_messages") == "1000|5")
        }
    }

    @Test("twenty thousand messages of one customer are erased among many others", .timeLimit(.minutes(2)))
    func many() async throws {
        try await ErasureHarness.run { harness in
            let store = harness.store
            try await store.store([Body.text("a0", phone: Self.ana)])
            for part in 0..<2 {
                try await store.store(
                    (0..<2_000).map { Body.text("b\(part).\($0)", phone: "1650556\($0 % 500)", at: 1_700_000_000 + $0) }
                )
            }
            _ = try await store.sql(
                """
                insert into whatsapp_messages (id, tenant_id, conversation_id, wamid, direction, type, status, sent_at, raw)
                select 'm' || n, 1, m.conversation_id, 'h' || n, 'inbound', 'text', 'received', now(), m.raw
                from whatsapp_messages m, generate_series(1, 19999) n where m.wamid = 'a0'
                """)
            let started = ContinuousClock.now
            #expect(try await harness.erase(.phone(Self.ana)).messages == 20_000)
            #expect(ContinuousClock.now - started < .seconds(60))
            #expect(try await store.sql("select count(*) from whatsapp_messages") == "4000")
            #expect(try await harness.rows(holding: Self.ana) == "0")
        }
    }
}
