import Foundation
import GraphSimulator
import TestSupport
import Testing

@Suite("Faults and statuses of the simulator", .timeLimit(.minutes(1)))
struct SimulatedFaultTests {
    let number = BusinessNumber()
    static let path = "/v25.0/106540352242922/messages"
    static let token = [("Authorization", "Bearer EAAsimulated-token")]

    static func text(_ callbackData: String, to: String = "+16505551234") -> [UInt8] {
        Array(
            #"""
            {"messaging_product":"whatsapp","to":"\#(to)","type":"text","text":{"body":"Hello"},
             "biz_opaque_callback_data":"\#(callbackData)"}
            """#.utf8)
    }

    @Test("Each fault does what it says, and the log tells taken from asked")
    func faults() async throws {
        let simulator = try await GraphSimulator.start(numbers: [number])
        func send(_ data: String) async throws -> HTTPReply {
            try await LoopbackHTTP.send(
                "POST", port: simulator.port, Self.path, headers: Self.token, body: Self.text(data),
                within: .seconds(3))
        }
        simulator.script(ScriptRule(.refuse(GraphError(code: 131_026)), times: 1))
        simulator.script(ScriptRule(.cutBefore, times: 1))
        simulator.script(ScriptRule(.cutAfter, times: 1))
        simulator.script(ScriptRule(.loseAnswer, times: 1))
        simulator.script(ScriptRule(.answer(GraphAnswer(status: 502, contentType: "text/html", body: [60])), times: 1))
        #expect(try await send("01J.1").status == 400)
        for _ in 0..<3 { await #expect(throws: TestSupportError.self) { try await send("01J.1") } }
        #expect(try await send("01J.1").text == "<")
        #expect(try await send("01J.2").status == 200)
        #expect(simulator.count(ofMessage: "01J").posts == 6)
        #expect(simulator.takenByMessage == ["01J": 3])
        let summary = simulator.summary
        #expect(summary.posts == 6 && summary.taken == 3 && summary.messages == 1 && summary.doubled == 1)
        #expect(summary.refused == [131_026: 1] && summary.cut == 2 && summary.lost == 1)
        await simulator.stop()
    }

    @Test("A revoked token is answered with 190 until it is replaced")
    func token() async throws {
        let simulator = try await GraphSimulator.start(numbers: [number])
        func code(_ token: String) async throws -> Int? {
            let reply = try await LoopbackHTTP.send(
                "POST", port: simulator.port, Self.path, headers: [("Authorization", "Bearer \(token)")],
                body: Self.text("01J.1"))
            let json = try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any]
            return (json?["error"] as? [String: Any])?["code"] as? Int
        }
        simulator.revokeToken(ofNumber: number.phoneNumberID)
        #expect(try await code(number.accessToken) == 190)
        simulator.setToken("new", ofNumber: number.phoneNumberID)
        #expect(try await code("new") == nil)
        #expect(try await code(number.accessToken) == 190)
        await simulator.stop()
    }

    @Test(
        "Statuses follow, signed, in order or not, once or twice, with the callback data",
        arguments: [
            (StatusPlan.all, ["sent", "delivered", "read"]),
            (StatusPlan(["sent", "delivered"], delayMilliseconds: 1_000, reversed: true), ["delivered", "sent"]),
            (StatusPlan(["sent"], copies: 2), ["sent", "sent"]),
        ])
    func statuses(plan: StatusPlan, expected: [String]) async throws {
        let ingress = try await GraphSimulator.start(numbers: [])
        let simulator = try await GraphSimulator.start(
            numbers: [number], options: .init(statuses: plan))
        await simulator.postWebhooks(to: [try IngressAddress(ingress.url)], appSecret: "secret")
        // Refused once: posted again, and so later than planned.
        let refusals = plan.delayMilliseconds > 0 ? 0 : 1
        if refusals > 0 { ingress.script(GraphError(status: 503, code: 2, message: "later").answer) }
        for _ in 0..<10 { ingress.script(GraphAnswer(status: 200, body: [])) }
        _ = try await LoopbackHTTP.send(
            "POST", port: simulator.port, Self.path, headers: Self.token, body: Self.text("01J.7"))
        try await waitUntil("all webhooks") {
            ingress.requests.count == expected.count + refusals && simulator.summary.webhooksWaiting == 0
        }
        let player = CustomerPlayer(customer: Customer(name: "", waID: nil), number: number, appSecret: "secret")
        var statuses: [String] = []
        for request in ingress.requests.dropFirst(refusals) {
            #expect(request.path == "/api/whatsapp/webhook")
            #expect(request.headers["x-hub-signature-256"] == player.signature(of: request.body))
            let item = try Self.status(in: request.body)
            #expect(item["biz_opaque_callback_data"] as? String == "01J.7")
            #expect(item["recipient_id"] as? String == "16505551234")
            #expect(item["id"] as? String == simulator.sends.first?.wamid)
            statuses.append(try #require(item["status"] as? String))
        }
        // Several connections post at once, so that only what was due earlier surely comes earlier.
        #expect(plan.delayMilliseconds > 0 ? statuses == expected : statuses.sorted() == expected.sorted())
        await simulator.stop()
        await ingress.stop()
    }

    @Test("A send that fails later is answered with 200, and its status names the code")
    func failsLater() async throws {
        let ingress = try await GraphSimulator.start(numbers: [])
        ingress.script(GraphAnswer(status: 200, body: []))
        let simulator = try await GraphSimulator.start(numbers: [number], options: .init(statuses: .all))
        await simulator.postWebhooks(to: [IngressAddress(port: ingress.port)], appSecret: "secret")
        simulator.script(ScriptRule(.fail(GraphError(code: 131_049))))
        let reply = try await LoopbackHTTP.send(
            "POST", port: simulator.port, Self.path, headers: Self.token, body: Self.text("01J.1"))
        #expect(reply.status == 200)
        try await waitUntil("the webhook") { !ingress.requests.isEmpty }
        let item = try Self.status(in: try #require(ingress.requests.first).body)
        #expect(item["status"] as? String == "failed")
        #expect((item["errors"] as? [[String: Any]])?.first?["code"] as? Int == 131_049)
        await simulator.stop()
        await ingress.stop()
    }

    @Test("Another process scripts it, asks it, and plays the customer over HTTP")
    func overHTTP() async throws {
        let ingress = try await GraphSimulator.start(numbers: [])
        for _ in 0..<4 { ingress.script(GraphAnswer(status: 200, body: [])) }
        let simulator = try await GraphSimulator.start(numbers: [])
        await simulator.postWebhooks(to: [IngressAddress(port: ingress.port)], appSecret: "secret")
        func order(_ path: String, _ body: String, method: String = "POST") async throws -> HTTPReply {
            try await LoopbackHTTP.send(method, port: simulator.port, path, body: Array(body.utf8))
        }
        func get(_ path: String) async throws -> Any {
            let reply = try await LoopbackHTTP.get(port: simulator.port, path)
            #expect(reply.status == 200)
            #expect(!reply.text.contains("EAAsimulated-token"))
            return try JSONSerialization.jsonObject(with: Data(reply.body))
        }
        func send() async throws -> HTTPReply {
            try await LoopbackHTTP.send(
                "POST", port: simulator.port, Self.path, headers: Self.token, body: Self.text("01J.1"))
        }
        #expect(
            try await order("/simulator/numbers", #"{"id":"106540352242922","token":"EAAsimulated-token"}"#).status
                == 200)
        #expect(
            try await order(
                "/simulator/script",
                #"[{"effect":"refuse","code":131056,"retry_after":7,"times":1},{"effect":"take","latency_ms":50}]"#
            ).status == 200)
        #expect(try await send().header("retry-after") == "7")
        let before = ContinuousClock.now
        #expect(try await send().status == 200)
        #expect(ContinuousClock.now - before >= .milliseconds(50))
        #expect(try await order("/simulator/script", "", method: "DELETE").status == 200)
        let summary = try await get("/simulator/summary") as? [String: Any]
        #expect(summary?["taken"] as? Int == 1)
        #expect((summary?["refused"] as? [String: Int]) == ["131056": 1])
        let sent = try await get("/simulator/sends?recipient=%2B16505551234") as? [[String: Any]]
        let wamid = try #require(sent?.first?["wamid"] as? String)
        #expect(sent?.first?["text"] as? String == "Hello")

        #expect(
            try await order(
                "/simulator/phone/messages",
                #"{"customer":"16505551234","name":"Ana","number":"106540352242922","text":"Hi"}"#
            ).status == 200)
        #expect(try await order("/simulator/phone/tap", #"{"wamid":"\#(wamid)"}"#).status == 200)
        #expect(try await order("/simulator/phone/read", #"{"wamid":"\#(wamid)"}"#).status == 200)
        try await waitUntil("message and read status") { ingress.requests.count == 2 }
        #expect(simulator.tapped == [wamid])
        let phone = try await get("/simulator/phone?customer=16505551234") as? [String: Any]
        let lines = phone?["messages"] as? [[String: Any]]
        #expect(lines?.map { $0["from"] as? String } == ["business", "customer"])

        for (path, body, status) in [
            ("/simulator/script", "{", 400), ("/simulator/script", #"{"effect":"x"}"#, 400),
            ("/simulator/script", #"{"effect":"refuse"}"#, 400), ("/simulator/nothing", "{}", 404),
            ("/simulator/phone/messages", #"{"customer":"1","number":"2","text":"x"}"#, 404),
            ("/simulator/status", #"{"wamid":"x","status":"read"}"#, 404),
        ] {
            #expect(try await order(path, body).status == status)
        }
        for path in ["/phone", "/phone/phone.css", "/phone/phone.js"] {
            let file = try await LoopbackHTTP.get(port: simulator.port, path)
            #expect(file.status == 200 && file.body.count > 500)
        }
        await simulator.stop()
        await ingress.stop()
    }

    private static func status(in body: [UInt8]) throws -> [String: Any] {
        let json = try JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
        let entry = (json?["entry"] as? [[String: Any]])?.first
        let change = (entry?["changes"] as? [[String: Any]])?.first
        let value = change?["value"] as? [String: Any]
        return try #require((value?["statuses"] as? [[String: Any]])?.first)
    }
}
