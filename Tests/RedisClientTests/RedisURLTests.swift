import NIOCore
import Testing

@testable import RedisClient

@Suite struct RedisURLTests {
    struct Example: Sendable, CustomTestStringConvertible {
        let url: String
        var host = "h"
        var port = 6379
        var tls = false
        var username: String?
        var password: String?
        var database = 0

        var testDescription: String { url }
    }

    @Test(
        "A URL is taken apart",
        arguments: [
            Example(url: "redis://h"),
            Example(url: "redis://h/"),
            Example(url: "REDIS://h:6380/15", port: 6380, database: 15),
            Example(url: "rediss://cache.example.com", host: "cache.example.com", tls: true),
            Example(url: "redis://:secret@h", password: "secret"),
            Example(url: "redis://ana:secret@h:1/2", port: 1, username: "ana", password: "secret", database: 2),
            Example(url: "redis://ana:a:b@h", username: "ana", password: "a:b"),
            Example(url: "redis://ana:a@b@h", username: "ana", password: "a@b"),
            Example(
                url: "redis://a%3Ab:%40%2F%3f%25%C3%A9@h:65535", port: 65535, username: "a:b", password: "@/?%é"),
            Example(url: "redis://[::1]", host: "::1"),
            Example(
                url: "redis://:p@[2001:db8::1]:7000/3", host: "2001:db8::1", port: 7000, password: "p", database: 3),
            Example(url: "redis://[::ffff:127.0.0.1]:7000", host: "::ffff:127.0.0.1", port: 7000),
        ])
    func takenApart(_ example: Example) throws {
        let url = try RedisURL(example.url)
        #expect(url.host == example.host)
        #expect(url.port == example.port)
        #expect(url.usesTLS == example.tls)
        #expect(url.username == example.username)
        #expect(url.password == example.password)
        #expect(url.database == example.database)
    }

    @Test(
        "A URL that cannot be meant is refused, with the reason and without any part of it",
        arguments: [
            ("", "is empty"),
            ("h3sekret:6379", "does not start with redis:// or rediss://"),
            ("http://h3sekret", "does not start with redis:// or rediss://"),
            ("redis://", "has no host"),
            ("redis://:h3sekret@", "has no host"),
            ("redis://:h3sekret@:6379", "has no host"),
            ("redis://h3sekret@h", "has a user name without a password"),
            ("redis://h3sekret:@h", "has an empty password"),
            ("redis://h:h3sekret", "port that is not a number"),
            ("redis://h:0", "port that is not a number"),
            ("redis://h:65536", "port that is not a number"),
            ("redis://h:+1", "port that is not a number"),
            ("redis://h:", "port that is not a number"),
            ("redis://h/h3sekret", "database that is not a number"),
            ("redis://h/-1", "database that is not a number"),
            ("redis://h/1/2", "database that is not a number"),
            ("redis://h/99999999999", "database that is not a number"),
            ("redis://:h3/sekret@h", "contains / before @"),
            ("redis://:h3#sekret@h", "contains ? or #"),
            ("redis://:h3?sekret@h", "contains ? or #"),
            ("redis://:h3%sekret@h", "not followed by two hex digits"),
            ("redis://:h3sekret%4@h", "not followed by two hex digits"),
            ("redis://:h3sekret%FF@h", "not UTF-8"),
            ("redis://:h3 sekret@h", "space or a control character"),
            ("redis://h3sekret\n", "space or a control character"),
            ("redis://::1", "has no host"),
            ("redis://fe80::1", "needs [brackets]"),
            ("redis://[::1", "without its closing bracket"),
            ("redis://[h3sekret]", "not an IPv6 address"),
            ("redis://[::1]6379", "between the IPv6 address and the port"),
        ])
    func refused(_ url: String, _ reason: String) {
        let error = #expect(throws: RedisURLError.self) { try RedisConfiguration(url: url) }
        #expect(error?.problem.contains(reason) == true, "\(error?.problem ?? "")")
        #expect(error?.description.contains("sekret") == false)
    }

    @Test("No description of a configuration shows user or password")
    func redacted() throws {
        let configuration = try RedisConfiguration(url: "rediss://ana:h3sekret@[::1]:7000/3")
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", String(reflecting: configuration), dumped, "\([configuration])"] {
            #expect(text.contains("rediss://[::1]:7000/3"))
            #expect(!text.contains("sekret") && !text.contains("ana"))
        }
    }
}
