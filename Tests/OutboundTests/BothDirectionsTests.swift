import Conversations
import Outbound
import Postgres
import TestSupport
import Testing
import WhatsAppPayload

@Suite("Sends beside what customers write")
struct BothDirectionsTests {
    private func webhook(_ number: Int, _ round: Int) -> String {
        #"{"object":"whatsapp_business_account","entry":[{"id":"w","changes":[{"field":"messages","value":{"#
            + #""messaging_product":"whatsapp","metadata":{"display_phone_number":"1","phone_number_id":"100"},"#
            + #""contacts":[{"profile":{"name":"Ana"},"wa_id":"1650555\#(number)"}],"messages":[{"from":"1650555\#(number)","#
            + #""id":"wamid.\#(number).\#(round)","timestamp":"1700000000","type":"text","text":{"body":"hi"}}]}}]}]}"#
    }

    private func webhook(_ wamid: String, phone: String, userID: String, secondsAgo: Int64) -> String {
        #"{"object":"whatsapp_business_account","entry":[{"id":"w","changes":[{"field":"messages","value":{"#
            + #""messaging_product":"whatsapp","metadata":{"display_phone_number":"1","phone_number_id":"100"},"#
            + #""messages":[{"from":"\#(phone)","from_user_id":"\#(userID)","id":"\#(wamid)","#
            + #""timestamp":"\#(SendHarness.now / 1_000 - secondsAgo)","type":"text","text":{"body":"hi"}}]}}]}]}"#
    }

    private func store(_ bodies: [String], in harness: SendHarness) async throws {
        var parser = WebhookParser()
        var items: [IncomingItem] = []
        for body in bodies {
            items += IncomingItem.all(of: try parser.parse(Array(body.utf8)), receivedAt: SendHarness.now)
        }
        let batch = items
        _ = try await harness.pool.withTransaction { session in
            try WebhookStore().store(batch, now: SendHarness.now, in: session)
        }
    }

    @Test("a quote to a number is with whoever had the number when it was sent, though that was told later")
    func handedOver() async throws {
        try await SendHarness.run { harness in
            try await store([webhook("a1", phone: "16505551001", userID: "US.ana", secondsAgo: 7_200)], in: harness)
            _ = try await harness.submit([try harness.order(Ask.quote("Q-1", to: "+16505551001"))])
            let whose = """
                select i.value from whatsapp_messages m join whatsapp_identities i
                    on i.conversation_id = m.conversation_id and i.kind = 'user_id'
                where m.quote_id = 'Q-1'
                """
            #expect(try await harness.sql(whose) == "US.ana")
            try await store([webhook("b1", phone: "16505551001", userID: "US.ben", secondsAgo: 3_600)], in: harness)
            try await NumberSweep.run(in: harness.pool)
            #expect(try await harness.sql(whose) == "US.ben")
            #expect(try await harness.sql("select status from whatsapp_messages where quote_id = 'Q-1'") == "queued")
        }
    }

    @Test("both directions at once, for the same new customers: one conversation each, and no deadlock")
    func conversations() async throws {
        try await SendHarness.run { harness in
            let numbers = Array(1_000..<1_040)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<6 {
                    group.addTask {
                        var random = SeededRandom(seed: UInt64(writer))
                        for round in 0..<6 {
                            let some = numbers.shuffled(using: &random).prefix(25)
                            if writer % 2 == 0 {
                                _ = try await harness.submit(
                                    some.map { try harness.order(Ask.quote("Q-\(round)", to: "+1650555\($0)")) })
                                continue
                            }
                            var parser = WebhookParser()
                            var items: [IncomingItem] = []
                            for number in some {
                                items += IncomingItem.all(
                                    of: try parser.parse(Array(webhook(number, round).utf8)),
                                    receivedAt: SendHarness.now)
                            }
                            let batch = items
                            _ = try await harness.pool.withTransaction { session in
                                try WebhookStore().store(batch, now: SendHarness.now, in: session)
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let odd = try await harness.sql(
                """
                select count(*) filter (where conversations > 1), count(*) = (select count(*) from whatsapp_conversations)
                from (
                    select i.value, count(distinct m.conversation_id) as conversations from whatsapp_identities i
                    join whatsapp_messages m on m.conversation_id = i.conversation_id group by i.value) each
                """)
            #expect(odd == "0|t")
            let lasting = try await harness.sql(
                """
                select count(*) from whatsapp_conversations c
                where last_message_at <> (select max(sent_at) from whatsapp_messages m where m.conversation_id = c.id)
                """)
            #expect(lasting == "0")
        }
    }
}
