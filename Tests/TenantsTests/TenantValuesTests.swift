import OpenSSLKit
import Testing

@testable import Tenants

@Suite("What a tenant is made of")
struct TenantValuesTests {
    @Test(
        "a phone number id is 1 to 64 printable characters without spaces",
        arguments: ["1", "106540352242922", "~!", String(repeating: "9", count: 64)])
    func phoneNumberID(text: String) {
        #expect(PhoneNumberID(text)?.text == text)
        #expect(WABAID(text)?.text == text)
    }

    @Test(
        "anything else is no phone number id",
        arguments: ["", " ", "1 2", "1\n", "é", "１", "\u{7f}", "\u{0}", String(repeating: "9", count: 65)])
    func noPhoneNumberID(text: String) {
        #expect(PhoneNumberID(text) == nil)
        #expect(WABAID(text) == nil)
    }

    @Test("a name is any text that people can read", arguments: ["Acme", "Ana's Bakery", "Жук 🐞", " x "])
    func name(text: String) {
        #expect(TenantName(text)?.text == text)
    }

    @Test("a blank, overlong or unprintable name is refused", arguments: ["", "  ", "a\0b", "a\nb", "a\u{7f}"])
    func noName(text: String) {
        #expect(TenantName(text) == nil)
        #expect(TenantName(String(repeating: "é", count: 201)) == nil)
        #expect(TenantName(String(repeating: "é", count: 200)) != nil)
    }

    @Test("a token never prints itself and shows four characters only of a long one")
    func token() throws {
        let token = try #require(AccessToken("EAAG0123456789"))
        #expect(token.last4 == "6789")
        #expect(AccessToken("short-token")?.last4 == nil)
        for broken in ["", "a b", "a\nb", "\u{7}", "a\u{A0}b", "a\r"] { #expect(AccessToken(broken) == nil) }
        var dumped = ""
        dump(token, to: &dumped)
        for text in ["\(token)", String(describing: token), String(reflecting: token), dumped] {
            #expect(!text.contains("EAAG"))
        }
    }

    @Test("an API key is its prefix and 256 random bits, and is known again by its digest")
    func apiKey() throws {
        let key = try APIKey.generate()
        let text = key.reveal()
        #expect(text.hasPrefix("qlk_") && text.count == 47)
        #expect(text.hasSuffix(key.last4))
        let presented = try #require(APIKey(presented: text))
        #expect(presented.digest == key.digest)
        #expect(presented.digest == SHA256.hash(text))
        #expect(try APIKey.generate() != key)
        var dumped = ""
        dump(key, to: &dumped)
        #expect(!"\(key)\(String(reflecting: key))\(dumped)".contains(text.dropFirst(4)))
    }

    @Test("what cannot be an API key is not looked up", arguments: ["", "qlk_", "qlk_short", "QLK_", "é"])
    func noAPIKey(text: String) throws {
        let valid = try APIKey.generate().reveal()
        #expect(APIKey(presented: text) == nil)
        #expect(APIKey(presented: valid + "A") == nil)
        #expect(APIKey(presented: valid.dropLast() + "+") == nil)
        #expect(APIKey(presented: "x" + valid.dropFirst()) == nil)
    }
}
