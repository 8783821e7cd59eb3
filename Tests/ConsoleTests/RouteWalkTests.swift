import Console
import Foundation
import TestSupport
import Testing

/// Every route of the router, asked by somebody whom it is not for. The list is the router's own: a new route is among
/// them without anybody thinking of it.
@Suite("Every route, with another tenant's ids")
struct RouteWalkTests {
    /// What is the first tenant's, and must never be in an answer to the other one.
    private static let marks = ["Anna Secretson", "6505557777", "words of the first", "Q-SECRET"]

    private struct Walked {
        let method: String
        let path: String

        init(_ name: String) {
            let parts = name.split(separator: " ").map(String.init)
            (method, path) = (parts[0], parts[1])
        }

        var isPage: Bool { path.hasPrefix("/app") }
        var isTenants: Bool { path.hasPrefix("/app/whatsapp") || path.hasPrefix("/api/whatsapp") }
        var isOperators: Bool { path.hasPrefix("/app/queues") || path.hasPrefix("/api/admin") }
        var isAPI: Bool { path.hasPrefix("/api/") }
        var hasIDs: Bool { path.contains("{") }
        var takesBody: Bool { method == "POST" || method == "PUT" }
        /// For anybody: signing in, the files of the pages, the API's description, and where nothing is.
        var isOpen: Bool {
            path == "/app" || path.hasPrefix("/app/sign-") || path.hasPrefix("/app/assets/")
                || path == "/api/openapi.json"
                || path.hasPrefix("/app/{")
        }

        /// The path with ids in it; each is known by the part before it.
        func filled(_ ids: [String: String]) throws -> String {
            var before = ""
            return try path.split(separator: "/").map { part in
                defer { before = String(part) }
                guard part.hasPrefix("{") else { return "/" + part }
                guard let id = ids["\(before)/\(part)"] else {
                    throw TestSupportError("\(method) \(path): say here what \(part) of the first tenant is")
                }
                return "/" + id
            }.joined()
        }
    }

    /// Fresh things of the first tenant, one of each kind that has an id.
    private static func ids(_ console: ConsoleHarness, _ count: Int) async throws -> [String: String] {
        let sent = try await console.call(
            "POST", "/api/whatsapp/send", key: console.first.key,
            body: #"{"type":"quote_link","to":"+16505557777","body":"words of the first","quote":"#
                + #"{"id":"Q-SECRET-\#(count)","url":"https://quotes.example.com/1"}}"#)
        #expect(sent.status == 202, "\(sent.text)")
        let key = try await console.call("POST", "/api/whatsapp/keys", key: console.first.key)
        #expect(key.status == 201, "\(key.text)")
        return [
            "conversations/{id}": try await console.sql(
                "update whatsapp_conversations set customer_name = 'Anna Secretson' where tenant_id = 1 returning id"),
            "messages/{id}": try await console.sql(
                "select id from whatsapp_messages where quote_id = 'Q-SECRET-\(count)'"),
            "media/{id}": try await console.sql(
                "insert into whatsapp_media (message_id, tenant_id, phone_number_id, media_id, expires_at) select id, "
                    + "tenant_id, '1001', 'm', now() from whatsapp_messages where quote_id = 'Q-SECRET-\(count)' "
                    + "returning message_id"),
            "keys/{id}": try await console.sql("select max(id) from api_keys where tenant_id = 1"),
            "tenants/{id}": "\(console.first.id)", "lanes/{number}": console.first.number, "{number}/{act}": "resume",
            "queues/{queue}": "inbound", "jobs/{id}": "01JD0000000000000000000000",
        ]
    }

    /// All that the first tenant has.
    private static func possessions(_ console: ConsoleHarness) async throws -> String {
        try await console.sql(
            """
            select md5(string_agg(r, ' ' order by r)) from (
                select t::text as r from whatsapp_messages t where tenant_id = 1
                union all select t::text from whatsapp_configs t where tenant_id = 1
                union all select t::text from whatsapp_conversations t where tenant_id = 1
                union all select t::text from whatsapp_identities t where tenant_id = 1
                union all select t::text from api_keys t where tenant_id = 1
                union all select t::text from tenants t where id = 1) s
            """)
    }

    /// How a caller of the API shows who it is; a page is asked by its session either way.
    private enum Way: CaseIterable {
        case key, session
    }

    private static func ask(
        _ route: Walked, _ path: String, _ way: Way = .key, key: String, _ browser: PageTests.Browser,
        _ console: ConsoleHarness
    ) async throws -> HTTPReply {
        guard route.isPage else {
            let body = route.takesBody ? "{}" : ""
            return switch way {
            case .key: try await console.call(route.method, path, key: key, body: body)
            case .session:
                try await browser.api(
                    route.method, path, body: body, token: try await browser.token(from: "/app/nothing/here"))
            }
        }
        if route.method == "GET" { return try await browser.get(path) }
        return try await browser.post(path, [("body", "x"), ("type", "text")], from: "/app/whatsapp/keys")
    }

    @Test("404 to the other tenant, who changes nothing by it, and not to its own")
    func foreignIDs() async throws {
        try await ConsoleHarness.run { console in
            let (own, other) = (PageTests.Browser(console), PageTests.Browser(console))
            _ = try await own.signIn(console.first.key)
            _ = try await other.signIn(console.other.key)
            let routes = try console.console.routeNames().map(Walked.init).filter { $0.isTenants && $0.hasIDs }
            #expect(routes.count >= 12)
            let asked = routes.flatMap { route in Way.allCases.prefix(route.isAPI ? 2 : 1).map { (route, $0) } }
            for (index, (route, way)) in asked.enumerated() {
                let path = try route.filled(try await Self.ids(console, index))
                let before = try await Self.possessions(console)
                let foreign = try await Self.ask(route, path, way, key: console.other.key, other, console)
                #expect(foreign.status == 404, "\(route.method) \(path): \(foreign.status)")
                for mark in Self.marks { #expect(!foreign.text.contains(mark), "\(route.method) \(path): \(mark)") }
                #expect(try await Self.possessions(console) == before, "\(route.method) \(path)")
                let mine = try await Self.ask(route, path, way, key: console.first.key, own, console)
                #expect(
                    mine.status < 500 && ![401, 403, 404, 405].contains(mine.status),
                    "\(route.method) \(path) by \(way): \(mine.status) to its own tenant, so the walk proves nothing")
            }
        }
    }

    @Test("nothing of the first tenant is in what the other one is answered without any id")
    func listings() async throws {
        try await ConsoleHarness.run { console in
            _ = try await Self.ids(console, 0)
            let other = PageTests.Browser(console)
            _ = try await other.signIn(console.other.key)
            let before = try await Self.possessions(console)
            let routes = try console.console.routeNames().map(Walked.init)
            for route in routes where !route.hasIDs && (route.isTenants || route.isOpen) {
                // To be signed in to the end, and not by another key.
                if route.path.hasPrefix("/app/sign-"), route.method == "POST" { continue }
                for way in Way.allCases.prefix(route.isAPI ? 2 : 1) {
                    let reply = try await Self.ask(route, route.path, way, key: console.other.key, other, console)
                    #expect(reply.status < 500, "\(route.method) \(route.path): \(reply.status)")
                    for mark in Self.marks {
                        #expect(!reply.text.contains(mark), "\(route.method) \(route.path): \(mark)")
                    }
                }
            }
            #expect(try await Self.possessions(console) == before)
        }
    }

    @Test("403 to a tenant where operators only may go, whatever ids it names")
    func operators() async throws {
        try await ConsoleHarness.run { console in
            let ids = try await Self.ids(console, 0)
            let other = PageTests.Browser(console)
            _ = try await other.signIn(console.other.key)
            let before = try await Self.possessions(console)
            let routes = try console.console.routeNames().map(Walked.init).filter(\.isOperators)
            #expect(routes.count >= 15)
            for route in routes {
                let path = try route.filled(ids)
                for way in Way.allCases.prefix(route.isAPI ? 2 : 1) {
                    let reply = try await Self.ask(route, path, way, key: console.other.key, other, console)
                    #expect(reply.status == 403, "\(route.method) \(path): \(reply.status)")
                    for mark in Self.marks { #expect(!reply.text.contains(mark), "\(route.method) \(path): \(mark)") }
                }
            }
            #expect(try await Self.possessions(console) == before)
            #expect(try await console.length("\(console.prefix):{inbound}:paused") == 0)
        }
    }

    @Test("nobody gets in without a key, and every route is for somebody")
    func nobody() async throws {
        try await ConsoleHarness.run { console in
            let ids = try await Self.ids(console, 0)
            for route in try console.console.routeNames().map(Walked.init) where !route.isOpen {
                #expect(route.isTenants || route.isOperators, "\(route.path): whose is it?")
                let path = try route.filled(ids)
                let reply = try await console.call(route.method, path)
                #expect(reply.status == (route.isPage ? 303 : 401), "\(route.method) \(path): \(reply.status)")
                #expect(!route.isPage || reply.header("Location")?.hasPrefix("/app/sign-in?") == true)
            }
        }
    }

    @Test("ids of others in a request's body are ids of nothing")
    func idsInBodies() async throws {
        try await ConsoleHarness.run { console in
            let conversation = try await Self.ids(console, 0)["conversations/{id}"] ?? ""
            func send(_ conversation: String) async throws -> HTTPReply {
                try await console.call(
                    "POST", "/api/whatsapp/send", key: console.other.key,
                    body: #"{"type":"text","conversation_id":\#(conversation),"body":"hello"}"#)
            }
            let foreign = try await send(conversation)
            #expect(foreign.status == 422)
            let nothing = try await send("987654321")
            #expect(foreign.text == nothing.text, "what is another's looks like what is nowhere")
            #expect(try await console.sql("select count(*) from whatsapp_messages where tenant_id = 2") == "0")
        }
    }

    @Test("what the API answers is what its description names, route by route")
    func description() async throws {
        try await ConsoleHarness.run { console in
            let reply = try await console.call("GET", "/api/openapi.json")
            let document = try JSONSerialization.jsonObject(with: Data(reply.body)) as? [String: Any]
            let paths = document?["paths"] as? [String: [String: Any]] ?? [:]
            let described = paths.flatMap { path, methods in methods.keys.map { "\($0.uppercased()) \(path)" } }
            let routes = try console.console.routeNames().filter { $0.contains(" /api/") }
            #expect(Set(described) == Set(routes))
            // Who may ask: by a key, or by a session, which for changes brings its token.
            for (path, methods) in paths where path != "/api/openapi.json" {
                for (method, operation) in methods {
                    let ways = ((operation as? [String: Any])?["security"] as? [[String: Any]] ?? [])
                        .map { Set($0.keys) }
                    let key = path.hasPrefix("/api/admin") ? "operatorKey" : "apiKey"
                    let session: Set<String> = method == "get" ? ["session"] : ["session", "csrfToken"]
                    #expect(ways == [[key], session], "\(method) \(path)")
                }
            }
        }
    }
}
