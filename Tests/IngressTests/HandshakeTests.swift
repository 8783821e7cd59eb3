import NIOCore
import Testing
import WebhookSignature

@testable import IngressApp

@Suite("Handshake")
struct HandshakeTests {
    private func answer(_ query: String) throws -> Answer {
        HandshakeQuery.answer(query[...], token: try HandshakeToken("päss word+&=%"))
    }

    private static let token = "p%C3%A4ss+word%2B%26%3d%25"

    @Test(
        "The challenge comes back byte for byte",
        arguments: [
            ("1158201444", "1158201444"), ("", ""), ("a%20b+c", "a b c"), ("%22quoted%22", "\"quoted\""),
            ("%F0%9F%8E%89", "🎉"), ("a=b", "a=b"),
        ])
    func challenge(encoded: String, expected: String) throws {
        let query = "hub.mode=subscribe&hub.challenge=\(encoded)&hub.verify_token=\(Self.token)"
        #expect(try answer(query) == .challenge(ByteBuffer(string: expected)))
    }

    @Test("Bytes that are no text come back, too, and other parameters and names in any encoding do no harm")
    func strange() throws {
        let query = "x&hub%2Emode=subscribe&&hub.challenge=%FF%00&hub.verify_token=\(Self.token)&y=%41"
        #expect(try answer(query) == .challenge(ByteBuffer(bytes: [0xFF, 0])))
    }

    @Test(
        "A wrong token or mode is refused",
        arguments: [
            "hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong",
            "hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
            "hub.mode=subscribe&hub.challenge=1&hub.verify_token=%FF",
            "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=\(token)",
            "hub.mode=Subscribe&hub.challenge=1&hub.verify_token=\(token)",
        ])
    func refused(query: String) throws {
        #expect(try answer(query) == .refusal(.handshakeRefused))
    }

    @Test(
        "What is missing, doubled or broken is named",
        arguments: [
            ("", "hub.mode, hub.verify_token, hub.challenge"),
            ("hub.mode=subscribe&hub.challenge=1", "hub.verify_token"),
            ("hub.mode=subscribe&hub.verify_token=x", "hub.challenge"), ("hub.challenge=%4", "%"),
            ("hub.challenge=1&hub.challenge=2", "hub.challenge is there twice"),
        ])
    func incomplete(query: String, named: String) throws {
        guard case .refusal(.handshakeIncomplete(let text)) = try answer(query) else {
            Issue.record("\(try answer(query))")
            return
        }
        #expect(text.contains(named))
    }

    @Test("Over HTTP it is 200 with plain text, 403, or 400")
    func overHTTP() throws {
        let ingress = try EmbeddedIngress()
        let client = try ingress.connect()
        let path = "/api/whatsapp/webhook"
        let good = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify%20me"
        try client.send("GET \(path)?\(good) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(
            try client.received()
                == "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
                + "Content-Length: 10\r\n\r\n1158201444")
        try client.send("GET \(path)?\(good)x HTTP/1.1\r\nHost: a\r\n\r\nGET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.statuses() == [403, 400])
        #expect(ingress.counts == ["handshake": 1, "handshake_refused": 1, "bad_request": 1])
    }
}
