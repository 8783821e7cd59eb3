import Synchronization
import TestSupport

/// Somebody who uses the console of a running Worker, over its API and with a browser that keeps cookies. Everything that
/// was answered is kept.
final class ConsoleVisitor: Sendable {
    struct Answer: Sendable {
        let what: String
        let text: String
    }

    private struct State {
        var cookies: [String: String] = [:]
        var answers: [Answer] = []
    }

    private let port: Int
    private let state = Mutex(State())

    init(port: Int) { self.port = port }

    var answers: [Answer] { state.withLock { $0.answers } }
    /// What the browser keeps: the session's name among it.
    var cookieValues: [String] { state.withLock { Array($0.cookies.values) } }

    func api(_ method: String, _ path: String, key: String, body: String = "") async throws -> HTTPReply {
        var headers = [("Authorization", "Bearer \(key)")]
        if !body.isEmpty { headers.append(("Content-Type", "application/json")) }
        return try await ask(method, path, headers, body)
    }

    func page(_ path: String) async throws -> HTTPReply { try await browse("GET", path, "") }

    /// Posts a form with the token that the page `from` carries.
    func post(_ path: String, _ fields: [(String, String)], from page: String) async throws -> HTTPReply {
        let text = try await self.page(page).text
        let token = text.split(separator: "name=\"csrf\" value=\"").dropFirst().first?.prefix { $0 != "\"" } ?? ""
        let form = ([("csrf", String(token))] + fields).map { "\($0)=\(Self.encoded($1))" }
        return try await browse("POST", path, form.joined(separator: "&"))
    }

    func signIn(_ key: String) async throws {
        let reply = try await post("/app/sign-in", [("key", key), ("next", "")], from: "/app/sign-in")
        guard reply.status == 303 else { throw TestSupportError("not signed in: \(reply.status) \(reply.text)") }
    }

    /// Follows every link from `start` on, each page once.
    /// - Returns: the paths.
    @discardableResult
    func crawl(from start: String) async throws -> [String] {
        var (waiting, seen) = ([start], Set([start]))
        var found: [String] = []
        while let path = waiting.popLast() {
            let text = try await page(path).text
            found.append(path)
            for part in text.split(separator: "href=\"").dropFirst() {
                let link = String(part.prefix { $0 != "\"" && $0 != "#" }).replacing("&amp;", with: "&")
                if link.hasPrefix("/app"), seen.insert(link).inserted { waiting.append(link) }
            }
        }
        return found
    }

    private func browse(_ method: String, _ path: String, _ body: String) async throws -> HTTPReply {
        var headers = body.isEmpty ? [] : [("Content-Type", "application/x-www-form-urlencoded")]
        let cookies = state.withLock { $0.cookies }
        if !cookies.isEmpty {
            headers.append(("Cookie", cookies.map { "\($0)=\($1)" }.sorted().joined(separator: "; ")))
        }
        let reply = try await ask(method, path, headers, body)
        state.withLock { state in
            for (name, value) in reply.headers where name.lowercased() == "set-cookie" {
                let pair = value.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(String.init)
                if let name = pair.first { state.cookies[name] = pair.count == 2 ? pair[1] : nil }
            }
        }
        return reply
    }

    private func ask(
        _ method: String, _ path: String, _ headers: [(String, String)], _ body: String
    ) async throws -> HTTPReply {
        let reply = try await LoopbackHTTP.send(method, port: port, path, headers: headers, body: Array(body.utf8))
        let head = reply.headers.filter { $0.name.lowercased() != "set-cookie" }.map { "\($0): \($1)" }
        let text = head.joined(separator: "\n") + "\n\n" + reply.text
        state.withLock { $0.answers.append(Answer(what: "\(method) \(path) (\(reply.status))", text: text)) }
        return reply
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            let digits = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count == 1 ? "0" : "") + digits
        }.joined()
    }
}
