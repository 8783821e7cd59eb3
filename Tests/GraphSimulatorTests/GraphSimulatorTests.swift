import Foundation
import GraphSimulator
import TestSupport
import Testing
import WebhookSignature

@Suite("Graph API simulator", .timeLimit(.minutes(1)))
struct GraphSimulatorTests {
    static let text = #"{"messaging_product":"whatsapp","to":"+16505551234","type":"text","text":{"body":"Hello"}}"#
    static let link = #"""
        {"messaging_product":"whatsapp","to":"+16505551234","type":"interactive","biz_opaque_callback_data":"01J.1",
         "interactive":{"type":"cta_url","body":{"text":"Your quote is ready."},"action":{"name":"cta_url",
         "parameters":{"display_text":"View quote","url":"https://quotes.example/Q-1"}}}}
        """#
    static let template = #"""
        {"messaging_product":"whatsapp","recipient":"US.abc","type":"template","template":{"name":"quote_ready",
         "language":{"code":"en"}}}
        """#

    @Test("Texts, quote links and templates are accepted as Meta accepts them", arguments: [text, link, template])
    func accepts(body: String) async throws {
        let (reply, simulator) = try await send(body)
        #expect(reply.status == 200)
        let answer = try json(reply)
        #expect(answer["messaging_product"] as? String == "whatsapp")
        let id = (answer["messages"] as? [[String: Any]])?.first?["id"] as? String
        #expect(id?.hasPrefix("wamid.") == true)
        #expect(simulator.sends.map(\.wamid) == [id])
        await simulator.stop()
    }

    @Test("The answer names the recipient without its plus sign, and the callback data is remembered")
    func contact() async throws {
        let (reply, simulator) = try await send(Self.link)
        let contact = (try json(reply)["contacts"] as? [[String: Any]])?.first
        #expect(contact?["input"] as? String == "+16505551234")
        #expect(contact?["wa_id"] as? String == "16505551234")
        #expect(simulator.sends.first?.callbackData == "01J.1")
        await simulator.stop()
    }

    @Test(
        "What Meta refuses is refused with its code",
        arguments: [
            ("POST", "/v25.0/106540352242922/messages", "EAAsimulated-token", "no json", 400, 100),
            ("POST", "/v25.0/106540352242922/messages", "EAAsimulated-token", #"{"to":"1"}"#, 400, 131008),
            ("POST", "/v25.0/106540352242922/messages", "wrong", text, 401, 190),
            ("POST", "/v25.0/999/messages", "EAAsimulated-token", text, 400, 100),
            ("POST", "/v25.0/106540352242922/media", "EAAsimulated-token", text, 400, 2500),
            ("GET", "/106540352242922", "EAAsimulated-token", "", 400, 2500),
        ])
    func refuses(method: String, path: String, token: String, body: String, status: Int, code: Int) async throws {
        let (reply, simulator) = try await send(body, method: method, path: path, token: token)
        #expect(reply.status == status)
        #expect((try json(reply)["error"] as? [String: Any])?["code"] as? Int == code)
        #expect(simulator.sends.isEmpty)
        await simulator.stop()
    }

    @Test("A number is described to who holds its token, and a scripted answer comes first, once")
    func describes() async throws {
        let number = BusinessNumber()
        let simulator = try await GraphSimulator.start(numbers: [number])
        simulator.script(
            GraphError(status: 400, code: 130429, message: "(#130429) Rate limit hit").answer)
        let path = "/v25.0/\(number.phoneNumberID)?fields=display_phone_number"
        let headers = [("Authorization", "Bearer \(number.accessToken)")]
        let first = try await LoopbackHTTP.get(port: simulator.port, path, headers: headers)
        #expect((try json(first)["error"] as? [String: Any])?["code"] as? Int == 130429)
        let second = try await LoopbackHTTP.get(port: simulator.port, path, headers: headers)
        #expect(try json(second)["display_phone_number"] as? String == "+15550783881")
        #expect(simulator.requests.map(\.query) == ["fields=display_phone_number", "fields=display_phone_number"])
        await simulator.stop()
    }

    @Test("A customer's webhook is escaped as Meta's are, carries who sent it, and its signature verifies")
    func webhook() throws {
        let player = CustomerPlayer(
            customer: Customer(name: "Ana Müller", waID: "16505551234", userID: "US.1"), number: BusinessNumber(),
            appSecret: "secret")
        let webhook = player.webhook(.text("Für 3 m² / 🪟"), repliesTo: "wamid.before")
        let text = String(decoding: webhook.body, as: UTF8.self)
        #expect(text.contains(#"F\u00fcr 3 m\u00b2 \/ \ud83e\ude9f"#))
        let json = try JSONSerialization.jsonObject(with: Data(webhook.body)) as? [String: Any]
        let entry = (json?["entry"] as? [[String: Any]])?.first
        let change = (entry?["changes"] as? [[String: Any]])?.first
        let value = change?["value"] as? [String: Any]
        let message = (value?["messages"] as? [[String: Any]])?.first
        #expect((message?["text"] as? [String: Any])?["body"] as? String == "Für 3 m² / 🪟")
        #expect((message?["context"] as? [String: Any])?["id"] as? String == "wamid.before")
        #expect(message?["from_user_id"] as? String == "US.1")
        #expect(message?["id"] as? String == webhook.wamid)
        #expect(player.signature(of: webhook.body).count == 71)
    }

    @Test("A flood posts again what was refused, until every body was accepted once")
    func flood() async throws {
        // Any HTTP server will do: a path that the simulator does not know is answered 400, a scripted answer 200.
        let simulator = try await GraphSimulator.start(numbers: [])
        let player = CustomerPlayer(
            customer: Customer(name: "Ana", waID: "16505551234"), number: BusinessNumber(), appSecret: "secret")
        let refusal = GraphError(status: 503, code: 2, message: "later").answer
        for number in 0..<60 {
            simulator.script(number % 3 == 0 ? refusal : GraphAnswer(status: 200, json: .object([])))
        }
        let bodies = (0..<40).map { player.webhook(.text("\($0)")).body }
        let flood = WebhookFlood(player: player, ports: [simulator.port], connections: 4, pause: .milliseconds(1))
        let outcome = try await flood.post(bodies)
        #expect(outcome.refusals == [503: 20])
        #expect(outcome.failures == 0)
        #expect(Set(simulator.requests.map(\.body)) == Set(bodies))
        #expect(simulator.requests.count == 60)
        await simulator.stop()
    }

    private func send(
        _ body: String, method: String = "POST", path: String = "/v25.0/106540352242922/messages",
        token: String = "EAAsimulated-token"
    ) async throws -> (HTTPReply, GraphSimulator) {
        let simulator = try await GraphSimulator.start(numbers: [BusinessNumber()])
        let reply = try await LoopbackHTTP.send(
            method, port: simulator.port, path, headers: [("Authorization", "Bearer \(token)")],
            body: Array(body.utf8))
        return (reply, simulator)
    }

    private func json(_ reply: HTTPReply) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any])
    }
}
