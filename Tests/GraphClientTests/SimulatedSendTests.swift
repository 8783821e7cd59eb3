import GraphClient
import GraphSimulator
import OperationsKit
import SendPolicy
import TestSupport
import Testing

@Suite("Sends to the simulator", .timeLimit(.minutes(1)))
struct SimulatedSendTests {
    let number = BusinessNumber()
    let link = GraphMessage.quoteLink(
        to: .phone("+16505551234"), body: "Your quote is ready.", button: "View quote",
        url: "https://quotes.example/Q-1", replyTo: nil)

    @Test("Quote links, texts and templates are accepted, to phones and user ids")
    func accepted() async throws {
        try await withClient { client, simulator in
            let messages: [GraphMessage] = [
                link, .text(to: .phone("+16505551234"), body: "Hello 🪟", previewURL: true, replyTo: "wamid.x"),
                .template(
                    to: .user("US.134"), name: "quote_ready", language: "en", variables: ["Ana"], urlSuffix: "Q-1"),
            ]
            for (index, message) in messages.enumerated() {
                let result = await client.send(
                    message, from: number.phoneNumberID, token: number.accessToken, callbackData: "01J\(index).1")
                let send = try #require(simulator.sends.last)
                let acceptance = GraphAcceptance(
                    wamid: send.wamid, waID: index < 2 ? "16505551234" : nil, userID: index < 2 ? nil : "US.134",
                    messageStatus: index < 2 ? nil : "accepted")
                #expect(result == .accepted(acceptance))
                #expect(send.callbackData == "01J\(index).1")
            }
            #expect(simulator.requests.allSatisfy { $0.path == "/v25.0/\(number.phoneNumberID)/messages" })
            #expect(simulator.requests.allSatisfy { $0.headers["authorization"] == "Bearer \(number.accessToken)" })
            #expect(simulator.requests.allSatisfy { $0.query.isEmpty })
        }
    }

    @Test(
        "An error comes back with its code, details, and what the table says",
        arguments: [130_429, 131_056, 190, 131_047, 131_000, 100, 4])
    func refused(code: Int) async throws {
        try await withClient { client, simulator in
            var error = GraphError(code: code, headers: [("Retry-After", "7")])
            error.details = "Because."
            simulator.script(ScriptRule(.refuse(error)))
            let result = await send(client)
            guard case .refused(let refusal) = result else {
                Issue.record("\(result)")
                return
            }
            #expect(refusal.code == code)
            #expect(refusal.httpStatus == error.status)
            #expect(refusal.message == error.message)
            #expect(refusal.details == "Because.")
            #expect(refusal.retryAfterSeconds == 7)
            #expect(refusal.traceID == "Asimulated")
            #expect(refusal.rule.class == SendErrorTable.rule(code: code, httpStatus: error.status).class)
        }
    }

    @Test("A connection that is cut, and an answer that is lost, are unknown, whether the message was taken or not")
    func unknown() async throws {
        try await withClient(deadline: .seconds(3)) { client, simulator in
            for effect in [ScriptRule.Effect.cutBefore, .cutAfter, .loseAnswer] {
                simulator.clearScript()
                simulator.script(ScriptRule(effect))
                let result = await send(client)
                guard case .unknown = result else {
                    Issue.record("\(effect): \(result)")
                    continue
                }
            }
            #expect(simulator.summary.taken == 2)
        }
    }

    @Test("The proof is the HMAC of the token under the first app secret")
    func proof() async throws {
        try await withClient(appSecret: "app-secret") { client, simulator in
            _ = await send(client)
            _ = await client.lookUp(phoneNumberID: number.phoneNumberID, token: number.accessToken)
            // printf %s EAAsimulated-token | openssl dgst -sha256 -hmac app-secret
            let proof = "appsecret_proof=d08859fa313b434cd67b0c7167b7ea730bfe31218883f64b22fd43de7c652291"
            #expect(simulator.requests.map(\.query).first == proof)
            #expect(simulator.requests.map(\.query).last?.hasSuffix("&" + proof) == true)
        }
    }

    @Test("A number is found with its name and quality, and refused to another token")
    func lookUp() async throws {
        try await withClient { client, simulator in
            let found = await client.lookUp(phoneNumberID: number.phoneNumberID, token: number.accessToken)
            let description = GraphNumber(
                id: number.phoneNumberID, displayPhoneNumber: "+15550783881", verifiedName: "Harbour Windows",
                qualityRating: "GREEN")
            #expect(found == .found(description))

            let refused = await client.lookUp(phoneNumberID: number.phoneNumberID, token: "EAAother")
            guard case .refused(let refusal) = refused else {
                Issue.record("\(refused)")
                return
            }
            #expect(refusal.code == 190)
            // A number that this token does not read: the whole number is at fault, not the message.
            let other = await client.lookUp(phoneNumberID: "999", token: number.accessToken)
            guard case .refused(let unknown) = other else {
                Issue.record("\(other)")
                return
            }
            #expect(unknown.rule.class == .pauseNumber)
            await simulator.stop()
        }
    }

    @Test("An account is asked for its numbers page by page, and another's are not told")
    func numbersOfAccount() async throws {
        try await withClient { client, simulator in
            for index in 100..<160 {
                simulator.add(
                    BusinessNumber(
                        phoneNumberID: "n\(index)", wabaID: "long", accessToken: number.accessToken))
            }
            func ask(_ account: String, _ id: String, _ token: String) async -> GraphHoldingResult {
                await client.holds(wabaID: account, phoneNumberID: id, token: token)
            }
            #expect(await ask("long", "n100", number.accessToken) == .holds)
            #expect(await ask("long", "n159", number.accessToken) == .holds)
            #expect(await ask("long", "n160", number.accessToken) == .doesNotHold)
            #expect(await ask(number.wabaID, "n100", number.accessToken) == .doesNotHold)
            for (account, token, code) in [("999", number.accessToken, 100), ("long", "EAAother", 190)] {
                guard case .refused(let refusal) = await ask(account, "n100", token) else {
                    Issue.record("\(account) was not refused")
                    continue
                }
                #expect(refusal.code == code)
            }
        }
    }

    @Test("The apps that are subscribed to an account are named; another account's are not told")
    func subscribedApps() async throws {
        try await withClient { client, simulator in
            let apps = await client.subscribedApps(wabaID: number.wabaID, token: number.accessToken)
            guard case .apps(let found) = apps else {
                Issue.record("\(apps)")
                return
            }
            #expect(found.map(\.name) == ["Simulated app"])
            var lonely = number
            lonely.subscribedApps = []
            simulator.add(lonely)
            #expect(await client.subscribedApps(wabaID: number.wabaID, token: number.accessToken) == .apps([]))
            for (account, token, code) in [("999", number.accessToken, 100), (number.wabaID, "EAAother", 190)] {
                let refused = await client.subscribedApps(wabaID: account, token: token)
                guard case .refused(let refusal) = refused else {
                    Issue.record("\(refused)")
                    continue
                }
                #expect(refusal.code == code)
            }
        }
    }

    @Test(
        "A token that no header can carry is as good as revoked, and is never sent",
        arguments: ["", "a b", "a\r\nX: y", "tökén"])
    func unusableToken(token: String) async throws {
        try await withClient { client, simulator in
            let result = await client.send(link, from: number.phoneNumberID, token: token, callbackData: "1.1")
            guard case .refused(let refusal) = result else {
                Issue.record("\(result)")
                return
            }
            #expect(refusal.rule.class == .pauseNumber)
            #expect(simulator.requests.isEmpty)
        }
    }

    @Test("A number with unusual characters stays one segment of the path")
    func path() async throws {
        try await withClient { client, simulator in
            _ = await client.send(link, from: "a/b?c=d#e", token: number.accessToken, callbackData: "1.1")
            #expect(simulator.requests.map(\.path) == ["/v25.0/a%2Fb%3Fc%3Dd%23e/messages"])
        }
    }

    @Test("Many sends at once keep to the number of connections, and every one is answered")
    func concurrency() async throws {
        try await withClient(connections: 8, deadline: .seconds(60), connectTimeout: .seconds(60)) {
            client, simulator in
            let results = await withTaskGroup(of: GraphSendResult.self) { group in
                for index in 0..<500 {
                    group.addTask {
                        await client.send(
                            link, from: number.phoneNumberID, token: number.accessToken, callbackData: "01J\(index).1")
                    }
                }
                return await group.reduce(into: []) { $0.append($1) }
            }
            let wamids = results.compactMap { result in
                if case .accepted(let acceptance) = result { acceptance.wamid } else { nil }
            }
            #expect(Set(wamids) == Set(simulator.sends.map(\.wamid)))
            #expect(wamids.count == 500)
            #expect(simulator.connectionsSoFar <= 8)
        }
    }

    private func send(_ client: GraphClient) async -> GraphSendResult {
        await client.send(link, from: number.phoneNumberID, token: number.accessToken, callbackData: "01J.1")
    }

    private func withClient(
        connections: Int = 4, appSecret: String? = nil, deadline: Duration = .seconds(10),
        connectTimeout: Duration = .seconds(5),
        _ body: (GraphClient, GraphSimulator) async throws -> Void
    ) async throws {
        let simulator = try await GraphSimulator.start(numbers: [number])
        let configuration = try GraphConfiguration(
            baseURL: simulator.url, appSecret: appSecret.map { Secret($0) }, connections: connections,
            deadline: deadline, connectTimeout: connectTimeout)
        let client = GraphClient(configuration)
        try await body(client, simulator)
        await client.shutdown()
        await simulator.stop()
    }
}
