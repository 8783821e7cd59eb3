import GraphSimulator
import TestSupport
import Testing

/// Conversations as the whole product keeps them, at the size at which it has to.
@Suite("Conversations", .timeLimit(.minutes(5))) struct ConversationTests {
    @Test("eight workers, 500 customers known by id, number and both: 500 conversations, and each message one event")
    func eightWorkers() async throws {
        try await MainPath.run(tenant: false) { path in
            let tenant = try await path.createTenant()
            let port = try freePort()
            _ = try await path.deployment.startWorker(environment: ["CONSOLE_PORT": String(port)])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<7 {
                    group.addTask { _ = try await path.deployment.startWorker(["--only", "inbound"]) }
                }
                try await group.waitForAll()
            }
            let (customers, count) = (500, 10_000)
            async let read = EventReader(port: port, key: tenant.apiKey).messages(count)
            var random = SeededRandom(seed: 5)
            // Everybody is seen by both names at some time, as by Meta's webhooks, and most often by one of them.
            var bodies = (0..<count).map { index in
                let (person, shape) = (index % customers, index < customers ? 2 : Int.random(in: 0..<3, using: &random))
                return path.message(
                    "w.\(index)", phone: shape == 1 ? nil : "1650\(1_000_000 + person)",
                    userID: shape == 0 ? nil : "US.p\(person)", at: 1_700_000_000 + index)
            }
            bodies.shuffle(using: &random)
            try await path.queue(bodies)
            try await path.waitForMessages(count, within: .seconds(90))
            #expect(
                try await path.deployment.sql(
                    """
                    select (select count(*) from whatsapp_conversations where merged_into is null),
                        (select count(distinct m.conversation_id) from whatsapp_messages m
                            join whatsapp_conversations c on c.id = m.conversation_id and c.merged_into is null),
                        (select count(*) from whatsapp_messages)
                    """) == "\(customers)|\(customers)|\(count)")
            let wamids = try await read
            #expect(wamids.count == count)
            #expect(Set(wamids) == Set((0..<count).map { "w.\($0)" }))
        }
    }

    @Test("a customer with a thousand messages is erased over the API in under five seconds, for good")
    func erase() async throws {
        try await MainPath.run(tenant: false) { path in
            let tenant = try await path.createTenant()
            let port = try freePort()
            _ = try await path.deployment.startWorker(environment: ["CONSOLE_PORT": String(port)])
            let (ana, words) = ("16505550001", "secret words of Ana")
            let theirs = (0..<1_000).map { index in
                path.message(
                    "wamid.a\(index)", phone: index % 3 == 1 ? nil : ana, userID: index % 3 == 0 ? nil : "US.anabel",
                    at: 1_700_000_000 + index, text: words)
            }
            let others = (0..<1_000).map { index in
                path.message("wamid.b\(index)", phone: "1666\(1_000_000 + index % 50)", at: 1_700_000_000 + index)
            }
            try await path.queue(theirs + others)
            try await path.waitForMessages(2_000)
            try await path.waitForEmptyQueue()
            let redis = path.deployment.redis
            let dead = MainPath.element(theirs[0], id: "01J0000000000000000000000D")
            try await redis.cli("zadd", "wa:{inbound}:dead", "5", dead)
            try await redis.cli(
                "zadd", "wa:{inbound}:scheduled", "9999999999999",
                MainPath.element(theirs[1], id: "01J0000000000000000000000S"))
            try await path.deployment.sql(
                """
                insert into whatsapp_outbox (tenant_id, request, done_at)
                values (\(tenant.id), '{"type":"text","to":"+\(ana)","body":"\(words)"}', now());
                insert into archived_jobs (queue, place, type, placed_at, purpose, element, element_hash)
                values ('inbound', 'dead', 'webhook', now(), 'archive', convert_to($q$\(dead)$q$, 'UTF8'), 'h')
                """)
            let traces = [ana, "US.anabel", words, "wamid.a7"]
            for trace in traces { #expect(try await path.traces(of: trace) > 0, "\(trace)") }

            let started = ContinuousClock.now
            let reply = try await LoopbackHTTP.send(
                "POST", port: port, "/api/whatsapp/customers/erase",
                headers: [("Authorization", "Bearer \(tenant.apiKey)"), ("Content-Type", "application/json")],
                body: Array(#"{"phone":"+\#(ana)"}"#.utf8))
            #expect(ContinuousClock.now - started < .seconds(5))
            #expect(reply.status == 200, "\(reply.text)")
            #expect(reply.text.contains(#""conversations":1,"messages":1000,"#), "\(reply.text)")
            #expect(reply.text.contains(#""outbox":1,"archived":1,"jobs":2}"#), "\(reply.text)")
            for trace in traces { #expect(try await path.traces(of: trace) == 0, "\(trace)") }
            #expect(try await path.messageCount() == 1_000)

            // All of it once more, as Meta repeats it, and something new at last.
            try await path.queue(theirs + [path.message("wamid.new", phone: "16660000000")])
            try await path.waitForMessages(1_001)
            try await path.waitForEmptyQueue()
            for trace in traces { #expect(try await path.traces(of: trace) == 0, "\(trace)") }
            #expect(try await path.messageCount() == 1_001)
        }
    }
}

/// Follows the feed of events as the quoting app does.
private struct EventReader {
    let port: Int
    let key: String

    /// The wamids of so many received messages, in their order; fewer if they do not come in time.
    func messages(_ count: Int) async throws -> [String] {
        var (cursor, wamids): (Substring, [String]) = ("0", [])
        let deadline = ContinuousClock.now + .seconds(120)
        while wamids.count < count, ContinuousClock.now < deadline {
            let reply = try await LoopbackHTTP.get(
                port: port, "/api/whatsapp/events?limit=200&wait=2&after=\(cursor)",
                headers: [("Authorization", "Bearer \(key)")])
            guard reply.status == 200 else { throw TestSupportError("\(reply.status) \(reply.text)") }
            for event in reply.text.split(separator: #""type": "message.received""#).dropFirst() {
                wamids.append(Self.text(after: #""wamid": ""#, in: event))
            }
            cursor = Self.text(after: #""next":""#, in: reply.text[...])[...]
        }
        return wamids
    }

    private static func text(after mark: String, in text: Substring) -> String {
        guard let found = text.firstRange(of: mark) else { return "" }
        return String(text[found.upperBound...].prefix { $0 != "\"" })
    }
}

extension MainPath {
    fileprivate func message(
        _ wamid: String, phone: String?, userID: String? = nil, at time: Int = 1_700_000_000, text: String = "hello"
    ) -> String {
        let (sender, contact) = (
            [phone.map { #""from":"\#($0)""# }, userID.map { #""from_user_id":"\#($0)""# }],
            [phone.map { #""wa_id":"\#($0)""# }, userID.map { #""user_id":"\#($0)""# }]
        )
        func list(_ parts: [String?]) -> String { parts.compactMap { $0 }.joined(separator: ",") }
        return
            #"{"object":"whatsapp_business_account","entry":[{"id":"\#(number.wabaID)","changes":[{"field":"messages","#
            + #""value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"1555","#
            + #""phone_number_id":"\#(number.phoneNumberID)"},"contacts":[{"profile":{"name":"P"},\#(list(contact))}],"#
            + #""messages":[{\#(list(sender)),"id":"\#(wamid)","timestamp":"\#(time)","type":"text","#
            + #""text":{"body":"\#(text)"}}]}}]}]}"#
    }

    /// A webhook as Ingress queues it.
    fileprivate static func element(_ body: String, id: String) -> String {
        #"{"v":1,"id":"\#(id)","type":"webhook","received_at":1700000000000,"attempt":0,"crashes":0,"payload":"#
            + body + "}"
    }

    /// Queues webhooks as Ingress does.
    fileprivate func queue(_ bodies: [String]) async throws {
        for start in stride(from: 0, to: bodies.count, by: 100) {
            let elements = (start..<min(start + 100, bodies.count)).map { index in
                let digits = String(index)
                let id = "01J" + String(repeating: "0", count: 23 - digits.count) + digits
                return Self.element(bodies[index], id: id)
            }
            try await deployment.redis.cli(["lpush", "wa:{inbound}:ready"] + elements)
        }
    }

    /// How often a text stands in a dump of the database, also as bytes, and in the keys of Redis.
    fileprivate func traces(of text: String) async throws -> Int {
        let hex = text.utf8.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
        let dump = try await deployment.postgres.dump(deployment.settings.databaseURL)
        let keys = try await deployment.redis.dump()
        return dump.ranges(of: text).count + dump.ranges(of: hex).count + keys.ranges(of: text).count
    }
}
