import Conversations
import Testing

@Suite struct WebhookStoreTests {
    @Test("a message is stored once, with its conversation, however often it comes")
    func onceOnly() async throws {
        try await StoreHarness.run { harness in
            for _ in 0..<3 { try await harness.store(Body.text("wamid.1"), Body.text("wamid.1")) }
            #expect(
                try await harness.sql("select wamid, direction, type, status, text from whatsapp_messages")
                    == "wamid.1|inbound|text|received|hello")
            #expect(
                try await harness.sql("select customer_name, count(*) over () from whatsapp_conversations") == "Ana|1")
            #expect(try await harness.sql("select kind, value from whatsapp_identities") == "phone|16505551234")
        }
    }

    @Test("the raw item is kept byte for byte")
    func rawItem() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(
                Body.value(
                    ##""messages":[{"from":"1650","id":"wamid.1",  "timestamp" : "1700000000","type":"text","text":{"body":"\ud83d \u0000 😀"}}]"##
                ))
            #expect(
                try await harness.sql("select convert_from(raw, 'utf8') from whatsapp_messages")
                    == ##"{"from":"1650","id":"wamid.1",  "timestamp" : "1700000000","type":"text","text":{"body":"\ud83d \u0000 😀"}}"##
            )
            #expect(try await harness.sql("select text from whatsapp_messages") == "\u{FFFD} \u{FFFD} 😀")
        }
    }

    @Test("eight writers with the same new customers open one conversation each")
    func racingWriters() async throws {
        try await StoreHarness.run { harness in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        try await harness.store(
                            (0..<40).shuffled().map { Body.text("wamid.\(writer).\($0)", phone: "1650555\($0)") })
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await harness.sql("select count(*) from whatsapp_conversations") == "40")
            #expect(try await harness.sql("select count(*) from whatsapp_messages") == "320")
            #expect(
                try await harness.sql(
                    "select count(*) from (select from whatsapp_messages group by conversation_id having count(*) = 8) x"
                )
                    == "40")
        }
    }

    @Test("the same messages from two sides at once neither double nor deadlock")
    func racingDuplicates() async throws {
        try await StoreHarness.run { harness in
            let bodies = (0..<200).map { Body.text("wamid.\($0)", phone: "1650555\($0 % 20)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 { group.addTask { try await harness.store(bodies.shuffled()) } }
                try await group.waitForAll()
            }
            #expect(try await harness.sql("select count(*) from whatsapp_messages") == "200")
        }
    }

    @Test(
        "statuses only move a message forward, and a failure sticks",
        arguments: [
            (["sent", "delivered", "read"], "read"), (["read", "delivered", "sent"], "read"),
            (["delivered", "failed", "read"], "failed"), (["played", "read"], "played"), (["deleted"], "sent"),
        ])
    func statusOrder(statuses: [String], final: String) async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.echo("wamid.1"))
            for status in statuses { try await harness.store(Body.status("wamid.1", status)) }
            #expect(try await harness.sql("select status from whatsapp_messages") == final)
            #expect(try await harness.sql("select count(*) from whatsapp_message_statuses") == "\(statuses.count)")
        }
    }

    @Test("a status that comes before its message is applied when the message comes")
    func earlyStatus() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.status("wamid.1", "delivered"))
            try await harness.store(Body.echo("wamid.1"))
            #expect(try await harness.sql("select direction, status from whatsapp_messages") == "outbound|delivered")
        }
    }

    @Test("statuses and our own messages that are stored at the same moment find each other")
    func racingStatuses() async throws {
        try await StoreHarness.run { harness in
            for round in 0..<25 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await harness.store(Body.echo("wamid.\(round)")) }
                    group.addTask { try await harness.store(Body.status("wamid.\(round)", "read")) }
                    try await group.waitForAll()
                }
            }
            #expect(try await harness.sql("select count(*) from whatsapp_messages where status = 'read'") == "25")
        }
    }

    @Test("statuses that name what we never sent are kept, and move nothing")
    func strangersStatuses() async throws {
        try await StoreHarness.run { harness in
            try await harness.addTenant(number: "200", account: "waba-2")
            try await harness.store(Body.text("wamid.theirs"), Body.text("wamid.others", number: "200"))
            let (ours, others) = ("01JDZZZZZZZZZZZZZZZZZZZZZ1", "01JDZZZZZZZZZZZZZZZZZZZZZ2")
            _ = try await harness.sql(
                [(1, ours), (2, others)].map { tenant, id in
                    """
                    insert into whatsapp_messages (id, tenant_id, conversation_id, direction, type, status, request,
                        idempotency_key, phone_number_id, attempts, sent_at)
                    select '\(id)', \(tenant), id, 'outbound', 'text', 'queued', '{}', 'k', '\(tenant)00', 0, now()
                    from whatsapp_conversations where tenant_id = \(tenant);
                    """
                }.joined())
            let before = try await harness.sql("select * from whatsapp_messages order by id")
            let named = [
                "\(others).1", "\(ours).0", "\(ours).00", "\(ours).-1", "\(ours).", "\(ours)", "\(ours).9999999999",
                "\(ours).1x", ".1", "", "\(ours.lowercased()).1", "01JDZZZZZZZZZZZZZZZZZZZZZ9.1", "\\u0000.1",
                "\\ud83d.1",
                "' or true --", String(repeating: "9", count: 600),
            ]
            for (index, data) in named.enumerated() {
                for status in ["sent", "read", "failed"] {
                    try await harness.store(
                        Body.value(
                            #""statuses":[{"id":"wamid.s\#(index)","status":"\#(status)","timestamp":"1700000001","#
                                + #""recipient_id":"16505551234","biz_opaque_callback_data":"\#(data)"}]"#))
                }
            }
            for wamid in ["wamid.theirs", "wamid.nobody", "", "\\u0000"] {
                try await harness.store(Body.status(wamid, "read"))
            }
            #expect(try await harness.sql("select * from whatsapp_messages order by id") == before)
            #expect(
                try await harness.sql("select count(*) from whatsapp_message_statuses where wamid like 'wamid.s%'")
                    == "\(3 * named.count)")
        }
    }

    @Test("our own messages open no window and take nobody's name")
    func echoes() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.echo("wamid.1"))
            #expect(
                try await harness.sql(
                    "select last_inbound_at is null, last_message_at is null from whatsapp_conversations")
                    == "t|f")
        }
    }

    @Test("an older message that comes late changes neither the window nor the name")
    func lateMessage() async throws {
        try await StoreHarness.run { harness in
            try await harness.store(Body.text("wamid.2", name: "Ana Diaz", at: 1_700_000_100))
            try await harness.store(Body.text("wamid.1", name: "Old name", at: 1_700_000_000))
            #expect(
                try await harness.sql(
                    "select customer_name, extract(epoch from last_inbound_at)::bigint from whatsapp_conversations")
                    == "Ana Diaz|1700000100")
        }
    }

    @Test("account fields are events of the tenant that has the account, else of none; each once")
    func events() async throws {
        try await StoreHarness.run { harness in
            func template(_ account: String) -> String {
                #"{"object":"whatsapp_business_account","entry":[{"id":"\#(account)","time":1700000000,"changes":[{"field":"message_template_status_update","value":{"event":"APPROVED"}}]}]}"#
            }
            for _ in 0..<2 { try await harness.store(template("waba-1"), template("waba-9")) }
            #expect(
                try await harness.sql("select tenant_id, waba_id, field from whatsapp_events order by waba_id")
                    == "1|waba-1|message_template_status_update\n|waba-9|message_template_status_update")
        }
    }

    @Test("account fields of an account that two tenants name are events of none")
    func claimedTwice() async throws {
        try await StoreHarness.run { harness in
            try await harness.addTenant(number: "101", account: "waba-1")
            try await harness.store(
                #"{"object":"whatsapp_business_account","entry":[{"id":"waba-1","time":1700000000,"changes":[{"field":"account_update","value":{"event":"X"}}]}]}"#
            )
            #expect(try await harness.sql("select tenant_id is null, waba_id from whatsapp_events") == "t|waba-1")
        }
    }

    @Test("a message without any customer is kept as an event")
    func nobodysMessage() async throws {
        try await StoreHarness.run { harness in
            let stored = try await harness.store(
                Body.value(#""messages":[{"id":"wamid.1","timestamp":"1700000000","type":"text","text":{"body":"x"}}]"#)
            )
            #expect(stored.events == 1)
            #expect(try await harness.sql("select field, tenant_id from whatsapp_events") == "messages|1")
        }
    }

    @Test("two numbers of one account that report the same error in the same bytes are two events, each once")
    func sameErrorOfTwoNumbers() async throws {
        try await StoreHarness.run { harness in
            try await harness.addTenant(number: "101", account: "waba-1")
            for _ in 0..<2 {
                try await harness.store(
                    Body.value(#""errors":[{"code":131000,"title":"Broken"}]"#, number: "100"),
                    Body.value(#""errors":[{"code":131000,"title":"Broken"}]"#, number: "101"))
            }
            #expect(
                try await harness.sql("select tenant_id, phone_number_id, field from whatsapp_events order by 1")
                    == "1|100|errors\n2|101|errors")
        }
    }

    @Test(
        "a time that is none is replaced by the time of acceptance",
        arguments: ["99999999999999999", "-1", "0", "1e400", "soon", "9223372036854775807"])
    func impossibleTime(time: String) async throws {
        try await StoreHarness.run { harness in
            try await harness.store(
                Body.value(
                    #""messages":[{"from":"1650","id":"wamid.1","timestamp":"\#(time)","type":"text","text":{"body":"x"}}],"#
                        + #""statuses":[{"id":"wamid.0","status":"read","timestamp":"\#(time)","recipient_id":"1650"}]"#
                ))
            #expect(
                try await harness.sql("select extract(epoch from sent_at)::bigint from whatsapp_messages")
                    == "1700000000")
            #expect(try await harness.sql("select at is null from whatsapp_message_statuses") == "t")
        }
    }
}
