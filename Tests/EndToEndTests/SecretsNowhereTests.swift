import Foundation
import GraphSimulator
import TestSupport
import Testing

/// A story with every use of a token, and then a look into everything that was written down on the way.
@Suite("Secrets", .timeLimit(.minutes(4))) struct SecretsNowhereTests {
    private static let operatorKey = "operators-key-of-this-test-0123456789"
    private static let number = "106540352249999"
    /// The tenant's tokens, in the order in which it has them; the second is one that Meta refuses.
    private static let tokens = (
        first: "EAAfirst-token-Zx81Qm20", refused: "EAArefused-token-Pw72Lk31", second: "EAAsecond-token-Vn63Jh42",
        third: "EAAthird-token-Ts54Gf53"
    )

    @Test("no token, key or session is in a dump, a log, a page, an answer or a metric, whatever was done with it")
    func nowhere() async throws {
        let (logs, data) = (try TemporaryFolder("logs"), try TemporaryFolder("redis-data"))
        let consolePort = try freePort()
        let environment = [
            "LOG_LEVEL": "debug", "CONSOLE_PORT": "\(consolePort)", "CONSOLE_OPERATOR_KEY": Self.operatorKey,
        ]
        func everythingIsKept(_ options: inout Deployment.Options) {
            options.logs = logs.path
            options.redis.folder = data.path
            options.postgres.settings = ["log_statement": "all", "log_parameter_max_length": "-1"]
        }
        try await SendPath.run(environment: environment, options: everythingIsKept) { path in
            let visitor = ConsoleVisitor(port: consolePort)
            let operators = ConsoleVisitor(port: consolePort)
            var secrets = [Self.tokens.first, Self.tokens.refused, Self.tokens.second, Self.tokens.third]
            secrets += [Self.operatorKey, path.tenants[0].number.accessToken, path.tenants[0].apiKey]
            let settings = path.deployment.settings
            secrets += [settings.appSecret, settings.verifyToken, settings.encryptionKey]
            let ingress = try await path.startIntake()
            let worker = try await path.deployment.startWorker()

            let key = try await setUp(visitor, operators, path)
            try await send(visitor, key, path, ingress)
            var found = try await commands(path)
            try await look(visitor, operators, key)
            secrets += [key] + visitor.cookieValues + operators.cookieValues

            for process in [ingress, worker] {
                found.append(("metrics of \(process.name)", try await process.metrics()))
            }
            found += try await path.dumps(logs: logs, redis: data)
            // What is shown once is shown: a new key, and the link to sign in with.
            let shownOnce = ["POST /api/admin/tenants (201)"]
            found += (visitor.answers + operators.answers).filter { !shownOnce.contains($0.what) }
                .map { ("the answer to \($0.what)", $0.text) }
            for answer in operators.answers where shownOnce.contains(answer.what) {
                #expect(!answer.text.contains("EAA"))
            }
            for (place, text) in found {
                for secret in secrets {
                    for form in Self.forms(of: secret) where text.contains(form) {
                        Issue.record(
                            "\(place) holds the secret that begins with \(secret.prefix(12)): \(form.prefix(12))")
                    }
                }
            }
            try Self.expectSomething(found)
        }
    }

    /// As it is, and as base64 and hexadecimal digits.
    private static func forms(of secret: String) -> [String] {
        let bytes = Array(secret.utf8)
        let base64 = Data(bytes).base64EncodedString().prefix { $0 != "=" }.dropLast()
        let hex = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        return [secret, String(base64), hex]
    }

    /// The search proves something only if what was searched is what it should be.
    private static func expectSomething(_ found: [(String, String)]) throws {
        func text(_ place: String) -> String { found.filter { $0.0.contains(place) }.map(\.1).joined() }
        #expect(text("database").contains(Self.number) && text("database").contains("audit_log"))
        #expect(text("Redis").contains("wa:auth:session:"))
        #expect(text("log of Postgres").contains("insert into whatsapp_configs"))
        #expect(text("log worker").contains("debug"))
        // What a library logs of a service is its name: a dump of it would be of all that it holds.
        for log in [text("log worker"), text("log ingress")] {
            #expect(log.contains("Starting service"))
            for dump in ["Configuration(", "Settings(", "Service(", "<redacted>", "postgres://"] {
                #expect(!log.contains(dump), "a log holds \(dump)")
            }
            // An address of ours names a server, never who signs in there.
            #expect(!log.contains(#/:\/\/[^\/\s"]*@/#), "a log holds an address with a user in it")
        }
        #expect(text("answer to GET /api/whatsapp/config").contains("last4"))
        #expect(found.count { $0.0.contains("answer to GET /app/") } >= 15)
        #expect(text("metrics of worker").contains("quoteline_sends_total"))
    }

    /// An operator creates the tenant; it sets its number up, over the API and in the console, with right and wrong tokens.
    /// - Returns: its API key.
    private func setUp(
        _ visitor: ConsoleVisitor, _ operators: ConsoleVisitor, _ path: SendPath
    ) async throws -> String {
        path.simulator.add(BusinessNumber(phoneNumberID: Self.number, accessToken: Self.tokens.first))
        let created = try await operators.api(
            "POST", "/api/admin/tenants", key: Self.operatorKey, body: #"{"name":"Harbour"}"#)
        let object = try JSONSerialization.jsonObject(with: Data(created.body)) as? [String: Any]
        let key = try #require(object?["api_key"] as? String)
        func save(_ token: String) async throws -> Int {
            try await visitor.api(
                "PUT", "/api/whatsapp/config", key: key,
                body: #"{"phone_number_id":"\#(Self.number)","access_token":"\#(token)"}"#
            ).status
        }
        #expect(try await save(Self.tokens.refused) == 422)
        #expect(try await save(Self.tokens.refused + " with a blank") == 422)
        #expect(try await save(Self.tokens.first) == 200)
        try await visitor.signIn(key)
        path.simulator.setToken(Self.tokens.second, ofNumber: Self.number)
        for (token, status) in [(Self.tokens.refused, 422), (Self.tokens.second, 303)] {
            let reply = try await visitor.post(
                "/app/whatsapp",
                [
                    ("version", "1"), ("phone_number_id", Self.number), ("access_token", token), ("is_active", "1"),
                    ("throttle_per_second", "80"),
                ], from: "/app/whatsapp")
            #expect(reply.status == status, "\(reply.text)")
        }
        #expect(try await visitor.api("POST", "/api/whatsapp/config/test", key: key).text.contains(#""ok":true"#))
        #expect(try await visitor.post("/app/whatsapp/test", [], from: "/app/whatsapp").status == 200)
        return key
    }

    /// A send that goes out, some that fail with answers that quote the token back, and what is done about it.
    private func send(
        _ visitor: ConsoleVisitor, _ key: String, _ path: SendPath, _ ingress: ServiceProcess
    ) async throws {
        let number = BusinessNumber(phoneNumberID: Self.number, accessToken: Self.tokens.second)
        let customer = CustomerPlayer(
            customer: Customer(name: "Ana Diaz", waID: "16505551234"), number: number,
            appSecret: path.deployment.settings.appSecret)
        _ = try await customer.post(
            customer.webhook(.text("hello"), wamid: "wamid.1").body, toPort: ingress.port ?? 0)
        try await waitUntil("the customer's message is stored") {
            try await path.deployment.sql("select count(*) from whatsapp_messages") == "1"
        }
        func ask(_ quote: String) async throws {
            let reply = try await visitor.api(
                "POST", "/api/whatsapp/send", key: key,
                body: #"{"type":"quote_link","to":"+16505551234","quote":{"id":"\#(quote)","url":"#
                    + #""https://quotes.example.com/1"}}"#)
            #expect(reply.status == 202, "\(reply.text)")
        }
        try await ask("good")
        try await path.waitForStatuses(["delivered": 1])
        let echo = "Malformed access token \(Self.tokens.second)"
        path.simulator.script(
            GraphAnswer(
                status: 400,
                body: Array(#"{"error":{"message":"\#(echo)","code":131009,"error_data":"#.utf8)
                    + Array(#"{"details":"\#(echo)"}}}"#.utf8)))
        try await ask("refused")
        try await path.waitForStatuses(["delivered": 1, "failed": 1])
        // A proxy's page with all of the request in it; then Meta says that the token is dead.
        path.simulator.script(
            GraphAnswer(status: 502, contentType: "text/html", body: Array("<p>Authorization: Bearer \(echo)".utf8)))
        path.simulator.script(
            GraphAnswer(status: 401, body: Array(#"{"error":{"message":"\#(echo)","code":190}}"#.utf8)))
        try await ask("odd")
        try await waitUntil("the proxy's page was seen") {
            try await path.column("status", of: "odd") == "unknown"
        }
        try await ask("dead")
        try await waitUntil("the number is paused") {
            try await path.deployment.sql(
                "select status from whatsapp_configs where phone_number_id = '\(Self.number)'") == "paused"
        }
        #expect(try await visitor.api("POST", "/api/whatsapp/config/test", key: key).status == 200)
        path.simulator.setToken(Self.tokens.third, ofNumber: Self.number)
        #expect(try await visitor.api("POST", "/api/whatsapp/config/test", key: key).text.contains(#""ok":false"#))
        let tenant = try await path.deployment.sql(
            "select tenant_id from whatsapp_configs where phone_number_id = '\(Self.number)'")
        try await path.deployment.command.output(
            "tenant", "set-token", "--tenant", tenant, "--access-token-stdin", input: Self.tokens.third + "\n")
        try await waitUntil("what waited goes out") {
            try await path.column("status", of: "dead") == "delivered"
        }
    }

    private func commands(_ path: SendPath) async throws -> [(String, String)] {
        var found: [(String, String)] = []
        for arguments in [
            ["explain", "good"], ["explain", "refused"], ["explain", "odd"], ["explain", "dead"], ["tenant", "list"],
            ["tenant", "list", "--json"], ["lane", "list"], ["queue", "stats"], ["queue", "workers"], ["doctor"],
            ["queue", "peek", "inbound", "--reveal"], ["queue", "peek", "outbound", "--reveal"],
        ] {
            let finished = try await path.deployment.command.run(arguments)
            found.append(
                ("worker \(arguments.joined(separator: " "))", finished.standardOutput + finished.standardError))
        }
        return found
    }

    /// Every page that a link leads to, and every answer of the API that can be asked for without an id.
    private func look(_ visitor: ConsoleVisitor, _ operators: ConsoleVisitor, _ key: String) async throws {
        try await visitor.crawl(from: "/app/whatsapp")
        try await operators.signIn(Self.operatorKey)
        try await operators.crawl(from: "/app/queues")
        let reply = try await visitor.api("GET", "/api/openapi.json", key: key)
        let document = try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any]
        let paths = try #require(document?["paths"] as? [String: [String: Any]])
        for (path, methods) in paths where methods["get"] != nil && !path.contains("{") {
            let isOperators = path.hasPrefix("/api/admin")
            _ = try await (isOperators ? operators : visitor).api(
                "GET", path, key: isOperators ? Self.operatorKey : key)
        }
    }
}

extension SendPath {
    /// All that was written down: the database, Redis with every command that changed it, and the logs of all processes.
    func dumps(logs: TemporaryFolder, redis data: TemporaryFolder) async throws -> [(String, String)] {
        var found = [
            ("the database", try await deployment.postgres.dump(deployment.settings.databaseURL)),
            ("the log of Postgres", deployment.postgres.log), ("the log of Redis", deployment.redis.log),
        ]
        for name in try FileManager.default.contentsOfDirectory(atPath: logs.path) {
            found.append(("the log \(name)", try Self.text(logs.file(name))))
        }
        let folder = data.file("appendonlydir")
        let files =
            FileManager.default.fileExists(atPath: folder)
            ? try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
            : try FileManager.default.contentsOfDirectory(atPath: data.path).map { data.file($0) }
        for file in files { found.append(("Redis: \(file.split(separator: "/").last ?? "")", try Self.text(file))) }
        return found
    }

    private static func text(_ file: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
    }
}
