import GraphSimulator
import TestSupport
import Testing

/// What Meta would hardly send, and what only somebody with access to Redis can: neither may stop the Worker.
@Suite struct OddWebhooksTests {
    @Test("a body of very many small items is stored in several transactions, none of which can take too long")
    func manyItems() async throws {
        try await MainPath.run { path in
            let ingress = try await path.deployment.startIngress()
            _ = try await path.deployment.startWorker()
            let count = 12_000
            let statuses = (0..<count).map { #"{"id":"wamid.\#($0)","status":"sent"}"# }.joined(separator: ",")
            let body =
                #"{"object":"whatsapp_business_account","entry":[{"id":"\#(path.number.wabaID)","changes":[{"field":"#
                + #""messages","value":{"metadata":{"phone_number_id":"\#(path.number.phoneNumberID)"},"#
                + #""statuses":[\#(statuses)]}}]}]}"#
            try await path.postUntilTaken(body, to: ingress)
            try await path.waitForEmptyQueue(within: .seconds(60))
            let stored = "select count(*), count(distinct xmin::text) between 2 and 10 from whatsapp_message_statuses"
            #expect(try await path.deployment.sql(stored) == "\(count)|t")
            #expect(try await path.deployment.depths().dead == 0)
        }
    }

    @Test(
        "an element that claims an impossible time of acceptance is put aside, and holds back nothing",
        arguments: [
            Int64.min, .max,
        ])
    func impossibleTime(time: Int64) async throws {
        try await MainPath.run { path in
            let ingress = try await path.deployment.startIngress()
            let worker = try await path.deployment.startWorker()
            let element =
                #"{"v":1,"id":"01JDX0000000000000000000AA","type":"webhook","received_at":\#(time),"attempt":0,"#
                + #""crashes":0,"payload":{}}"#
            _ = try await path.deployment.redis.cli("lpush", "wa:{inbound}:ready", element)
            try await path.postUntilTaken(path.text("wamid.after"), to: ingress)
            try await path.waitForMessages(1)
            try await path.waitForEmptyQueue()
            let dead = try await path.deployment.redis.cli("zrange", "wa:{inbound}:dead", "0", "-1")
            #expect(dead.contains(#""type":"unreadable""#))
            try await worker.waitUntilReady()
        }
    }
}
