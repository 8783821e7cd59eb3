import Testing
import WebhookSignature

@Suite("The handshake's token")
struct HandshakeTokenTests {
    @Test("only the same text matches", arguments: ["", "toke", "token ", "Token", "tokenn"])
    func otherTexts(presented: String) throws {
        let token = try HandshakeToken("token")
        #expect(!token.matches(presented))
        #expect(token.matches("token"))
    }

    @Test("a token of any characters matches itself", arguments: ["é👋", "a b+c%20&=", "\u{0}"])
    func anyCharacters(text: String) throws {
        #expect(try HandshakeToken(text).matches(text))
    }

    @Test("a blank token is refused", arguments: ["", " ", "\n\t"])
    func blank(text: String) {
        #expect(throws: HandshakeToken.BlankError.self) { try HandshakeToken(text) }
    }
}
