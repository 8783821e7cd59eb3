import GraphSimulator
import TestSupport
import Testing

@Suite("A WABA")
struct AccountClaimTests {
    private static let path = "/api/whatsapp/config"

    private static func put(_ console: ConsoleHarness, _ body: String) async throws -> HTTPReply {
        try await console.call("PUT", path, key: console.first.key, body: body)
    }

    private static func saved(_ console: ConsoleHarness) async throws -> String {
        try await console.sql("select phone_number_id, waba_id from whatsapp_configs where tenant_id = 1")
    }

    @Test("is a tenant's only after Meta confirmed that it has the tenant's number")
    func confirmation() async throws {
        try await ConsoleHarness.run { console in
            let simulator = console.simulator
            simulator.add(BusinessNumber(phoneNumberID: "1001", wabaID: "2001", accessToken: ConsoleHarness.token))
            simulator.add(BusinessNumber(phoneNumberID: "1002", wabaID: "2002", accessToken: ConsoleHarness.otherToken))
            simulator.add(BusinessNumber(phoneNumberID: "1009", wabaID: "2009", accessToken: ConsoleHarness.token))
            // Another business's, and one that this token reads but that has another number.
            for account in ["2002", "2009", "80"] {
                let reply = try await Self.put(console, #"{"waba_id":"\#(account)"}"#)
                #expect(reply.status == 422, "\(account): \(reply.text)")
                #expect(reply.text.contains(#""field":"waba_id""#), "\(reply.text)")
            }
            #expect(try await Self.saved(console) == "1001|")
            #expect(try await Self.put(console, #"{"waba_id":"2001"}"#).status == 200)
            #expect(try await Self.saved(console) == "1001|2001")
        }
    }

    @Test("does not go along to a number that it does not have")
    func move() async throws {
        try await ConsoleHarness.run { console in
            let simulator = console.simulator
            simulator.add(BusinessNumber(phoneNumberID: "1001", wabaID: "2001", accessToken: ConsoleHarness.token))
            simulator.add(BusinessNumber(phoneNumberID: "1009", wabaID: "2009", accessToken: ConsoleHarness.token))
            #expect(try await Self.put(console, #"{"waba_id":"2001"}"#).status == 200)
            let alone = try await Self.put(console, #"{"phone_number_id":"1009"}"#)
            #expect(alone.status == 422 && alone.text.contains("waba_id"), "\(alone.text)")
            #expect(try await Self.saved(console) == "1001|2001")
            #expect(try await Self.put(console, #"{"phone_number_id":"1009","waba_id":"2009"}"#).status == 200)
            #expect(try await Self.saved(console) == "1009|2009")
            #expect(try await Self.put(console, #"{"waba_id":null}"#).status == 200)
        }
    }
}
