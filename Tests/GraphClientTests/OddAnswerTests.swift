import NIOSSL
import SendPolicy
import TestSupport
import Testing

@testable import GraphClient

@Suite("Answers and failures of every shape", .timeLimit(.minutes(1)))
struct OddAnswerTests {
    enum Expected: Sendable {
        case accepted(String)
        case refused(Int?, SendErrorClass)
        case unknown
        case notSent
    }

    static func http(_ status: String, _ body: String, headers: [String] = []) -> String {
        (["HTTP/1.1 \(status)", "Content-Length: \(body.utf8.count)"] + headers).joined(separator: "\r\n")
            + "\r\n\r\n" + body
    }

    static let html = "<html><body><h1>Bad gateway</h1></body></html>"

    static let answers: [(String, Expected)] = [
        (http("200 OK", #"{"messages":[{"id":"wamid.1"}]}"#), .accepted("wamid.1")),
        (
            http("201 Created", #" {"messages":[{"id":"wamid.1"},{"id":"wamid.2"}],"contacts":[]} "#),
            .accepted("wamid.1")
        ),
        // A message id outweighs an error beside it: the message is on its way.
        (http("200 OK", #"{"messages":[{"id":"wamid.1"}],"error":{"code":1}}"#), .accepted("wamid.1")),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n{\"messag\r\n17\r\nes\":[{\"id\":\"wamid.1\"}]}\r\n0\r\n\r\n",
            .accepted("wamid.1")
        ),
        // 200 that is none.
        (http("200 OK", #"{"error":{"message":"(#131030)","code":131030}}"#), .refused(131_030, .fail)),
        (http("200 OK", #"{"error":{"message":"?","code":"130429"}}"#), .refused(130_429, .retryNumber)),
        (http("200 OK", #"{"messaging_product":"whatsapp"}"#), .unknown),
        (http("200 OK", #"{"messages":[]}"#), .unknown),
        (http("200 OK", #"{"messages":[{"id":""}]}"#), .unknown),
        (http("200 OK", #"{"messages":[{"id":7}]}"#), .unknown),
        (http("200 OK", #"{"messages":{"id":"wamid.1"}}"#), .unknown),
        (http("200 OK", #"{"messages":[{"id":"wamid.1"}"#), .unknown),
        (http("200 OK", ""), .unknown),
        (http("200 OK", html), .unknown),
        ("HTTP/1.1 204 No Content\r\n\r\n", .unknown),
        // Errors of odd shapes.
        (http("400 Bad Request", #"{"error":{"code":131009,"error_data":"a bare string"}}"#), .refused(131_009, .fail)),
        (
            http("400 Bad Request", #"{"error":{"code":131047,"error_data":{"details":"24 h"}}}"#),
            .refused(131_047, .useTemplate)
        ),
        (http("400 Bad Request", #"{"error":{"code":100,"error_subcode":33}}"#), .refused(100, .pauseNumber)),
        (http("400 Bad Request", #"{"error":{"code":424242,"is_transient":true}}"#), .refused(424_242, .maybeSent)),
        (http("400 Bad Request", #"{"error":{"code":99999999999999999999}}"#), .refused(nil, .retryMessage)),
        (http("400 Bad Request", #"{"error":"invalid_token"}"#), .refused(nil, .retryMessage)),
        (http("400 Bad Request", #"["error"]"#), .refused(nil, .retryMessage)),
        (http("503 Service Unavailable", #"{"error":{"code":2}}"#), .refused(2, .maybeSent)),
        // Of a key that is there twice the last one counts, as nearly everywhere.
        (http("400 Bad Request", #"{"error":{"code":190,"code":131026}}"#), .refused(131_026, .fail)),
        (http("400 Bad Request", #"{"error":{"code":131026},"error":{"code":190}}"#), .refused(190, .pauseNumber)),
        (http("500 Internal Server Error", #"{"error":{"code":777}}"#), .refused(777, .maybeSent)),
        // Something on the way.
        (http("301 Moved Permanently", "", headers: ["Location: https://evil.example/"]), .refused(nil, .retryMessage)),
        (http("307 Temporary Redirect", "", headers: ["Location: /v25.0/1/messages"]), .refused(nil, .retryMessage)),
        (http("403 Forbidden", html), .refused(nil, .retryMessage)),
        (http("429 Too Many Requests", html), .refused(nil, .retryNumber)),
        (http("408 Request Timeout", ""), .refused(nil, .maybeSent)),
        (http("502 Bad Gateway", html), .refused(nil, .maybeSent)),
        (http("504 Gateway Timeout", ""), .refused(nil, .maybeSent)),
        (http("500 Internal Server Error", #"{"error":{}}"#), .refused(nil, .maybeSent)),
        (http("999 ???", ""), .refused(nil, .maybeSent)),
        ("SSH-2.0-OpenSSH_9.2\r\n", .unknown),
        ("\r\n\r\n\u{0}\u{1}", .unknown),
    ]

    @Test("Each answer becomes one typed result", arguments: answers)
    func answer(text: String, expected: Expected) async throws {
        try await check(.answerAndClose(text), expected)
    }

    @Test("Half an answer, too much of one, and none at all are unknown")
    func truncated() async throws {
        let whole = Self.http("200 OK", #"{"messages":[{"id":"wamid.1"}]}"#)
        for length in [1, 12, 20, 40, whole.utf8.count - 1] {
            try await check(.answerAndClose(String(decoding: whole.utf8.prefix(length), as: UTF8.self)), .unknown)
        }
        let huge = Self.http(
            "200 OK", #"{"messages":[{"id":"wamid.1"}],"x":""# + String(repeating: "x", count: 300_000) + #""}"#)
        try await check(.answer(huge), .unknown)
        let hugeError = Self.http(
            "400 Bad Request", #"{"error":{"code":190,"x":""# + String(repeating: "x", count: 300_000))
        try await check(.answer(hugeError), .unknown)
        try await check(.silence, .unknown, deadline: .seconds(2))
        try await check(
            .answer(String(decoding: whole.utf8.prefix(40), as: UTF8.self)), .unknown, deadline: .seconds(2))
    }

    @Test("Where nothing listens, or TLS is refused, nothing was sent")
    func notSent() async throws {
        try await check("http://127.0.0.1:\(freePort())", .notSent)
        // It speaks no TLS.
        let plain = try await OddServer.start(.answerAndClose("HTTP/1.1 400 Bad Request\r\n\r\n"))
        try await check("https://127.0.0.1:\(plain.port)", .notSent)
        await plain.stop()
        try await check("https://nowhere.invalid", .notSent)
    }

    @Test("A certificate that nobody vouches for is refused before anything is sent")
    func selfSigned() async throws {
        let certificate = try NIOSSLCertificate(bytes: Array(SelfSigned.certificate.utf8), format: .pem)
        let key = try NIOSSLPrivateKey(bytes: Array(SelfSigned.key.utf8), format: .pem)
        let tls = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: [.certificate(certificate)], privateKey: .privateKey(key)))
        let server = try await OddServer.start(.answer(Self.http("200 OK", "{}")), tls: tls)
        try await check("https://localhost:\(server.port)", .notSent)
        #expect(server.requests.isEmpty)
        await server.stop()
    }

    @Test("A request that waited in vain for a connection was not sent")
    func poolExhausted() async throws {
        let server = try await OddServer.start(.silence)
        let client = GraphClient(
            try GraphConfiguration(
                baseURL: server.url, connections: 1, deadline: .seconds(8), connectTimeout: .seconds(1)))
        async let first = send(client)
        try await waitUntil("the first request") { server.requests.count == 1 }
        let second = await send(client)
        guard case .notSent = second else {
            Issue.record("\(second)")
            return
        }
        guard case .unknown = await first else {
            Issue.record("the first request was not unknown")
            return
        }
        #expect(server.requests.count == 1)
        await client.shutdown()
        await server.stop()
    }

    @Test("Connections are kept from one send to the next")
    func reuse() async throws {
        let server = try await OddServer.start(.answer(Self.http("200 OK", #"{"messages":[{"id":"wamid.1"}]}"#)))
        let client = GraphClient(try GraphConfiguration(baseURL: server.url))
        for _ in 0..<20 { #expect(await send(client) == .accepted(GraphAcceptance(wamid: "wamid.1"))) }
        // Two, because an answer may be there a moment before its connection is free again.
        #expect(server.accepted <= 2)
        await client.shutdown()
        await server.stop()
    }

    @Test("A client that was shut down, or is gone, says so and sends nothing")
    func shutDown() async throws {
        let server = try await OddServer.start(.silence)
        let client = GraphClient(try GraphConfiguration(baseURL: server.url))
        await client.shutdown()
        await client.shutdown()
        #expect(await send(client) == .notSent(reason: "this process is stopping"))
        #expect(server.accepted == 0)
        await server.stop()
    }

    @Test("Usage headers and waiting times are read, and nonsense in them is not")
    func headers() async throws {
        let account =
            #"{"7":[{"type":"whatsapp","call_count":91,"total_cputime":12,"total_time":3,"estimated_time_to_regain_access":4}],"8":[{"call_count":2}]}"#
        let limit = #"{"error":{"code":80007}}"#
        let cases: [([String], GraphUsage?, Int?)] = [
            ([], nil, nil), (["x-app-usage: nonsense", "x-business-use-case-usage: []"], nil, nil),
            (
                ["X-App-Usage: {\"call_count\":28,\"total_time\":25,\"total_cputime\":31}"], GraphUsage(appPercent: 31),
                nil
            ),
            (
                ["x-business-use-case-usage: \(account)"],
                GraphUsage(accountPercent: 91, regainAccessMinutes: 4), 240
            ),
            (
                ["x-business-use-case-usage: \(account)", "Retry-After: 7"],
                GraphUsage(accountPercent: 91, regainAccessMinutes: 4), 7
            ),
            (["Retry-After: soon"], nil, nil), (["Retry-After: -5"], nil, nil),
            (["Retry-After: 99999999999999999999999"], nil, 86_400),
            (
                ["Date: Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After: Sun, 06 Nov 1994 08:51:37 GMT"], nil, 120
            ),
            (["Retry-After: Sun, 06 Nov 1994 08:49:37 GMT"], nil, 0),
            (
                ["x-business-use-case-usage: \(account.replacing(":4}", with: ":99999999}"))"],
                GraphUsage(accountPercent: 91, regainAccessMinutes: 1_000_000), 86_400
            ),
        ]
        for (headers, usage, retryAfter) in cases {
            let server = try await OddServer.start(
                .answerAndClose(Self.http("400 Bad Request", limit, headers: headers)))
            let client = GraphClient(try GraphConfiguration(baseURL: server.url))
            #expect(
                await send(client)
                    == .refused(
                        GraphRefusal(code: 80_007, httpStatus: 400, retryAfterSeconds: retryAfter, usage: usage)))
            await client.shutdown()
            await server.stop()
        }
    }

    @Test("A look-up that says nothing can be asked again")
    func lookUp() async throws {
        for text in [Self.http("200 OK", "{}"), Self.http("502 Bad Gateway", Self.html), ""] {
            let server = try await OddServer.start(.answerAndClose(text))
            let client = GraphClient(try GraphConfiguration(baseURL: server.url))
            let result = await client.lookUp(phoneNumberID: "1", token: "token")
            guard case .unreachable = result else {
                Issue.record("\(result)")
                continue
            }
            let apps = await client.subscribedApps(wabaID: "1", token: "token")
            guard case .unreachable = apps else {
                Issue.record("\(apps)")
                continue
            }
            await client.shutdown()
            await server.stop()
        }
    }

    private func check(_ behaviour: OddServer.Behaviour, _ expected: Expected, deadline: Duration = .seconds(5))
        async throws
    {
        let server = try await OddServer.start(behaviour)
        try await check(server.url, expected, deadline: deadline)
        #expect(server.requests.count == 1)
        await server.stop()
    }

    private func check(_ url: String, _ expected: Expected, deadline: Duration = .seconds(5)) async throws {
        let client = GraphClient(
            try GraphConfiguration(baseURL: url, deadline: deadline, connectTimeout: .seconds(3)))
        let result = await send(client)
        switch (result, expected) {
        case (.accepted(let acceptance), .accepted(let wamid)): #expect(acceptance.wamid == wamid)
        case (.refused(let refusal), .refused(let code, let kind)):
            #expect(refusal.code == code)
            #expect(refusal.rule.class == kind)
        case (.unknown(let reason), .unknown), (.notSent(let reason), .notSent):
            #expect(!reason.contains("secret-token") && !reason.contains("6505551234"))
        case (.accepted, _), (.refused, _), (.unknown, _), (.notSent, _): Issue.record("\(result), not \(expected)")
        }
        await client.shutdown()
    }

    private func send(_ client: GraphClient) async -> GraphSendResult {
        await client.send(
            .text(to: .phone("+16505551234"), body: "Hello", previewURL: false, replyTo: nil), from: "1",
            token: "secret-token", callbackData: "01J.1")
    }
}
