import OpenSSLKit
import Testing
import WebhookSignature

@Suite("Verifying a webhook's signature")
struct WebhookSignatureVerifierTests {
    static let body = Array(#"{"object":"whatsapp_business_account","entry":[],"x":"\ud83d é 👋"}"#.utf8)

    @Test("a signature that the openssl command made is accepted")
    func knownSignature() throws {
        // printf '%s' 'Quote Q-1001 \u00e9' | openssl dgst -sha256 -hmac 'app-secret'
        let verifier = try WebhookSignatureVerifier(secrets: ["app-secret"])
        let value = "sha256=5d3d26d96e2b2e25fb1fb843791545c19c06ad4f610cde4cd6c018d85e2703bb"
        let verdict = verifier.verify(headerValues: [value], body: Array(#"Quote Q-1001 \u00e9"#.utf8))
        #expect(verdict == .valid(secretIndex: 0))
    }

    @Test("the verdict names the secret that matched, whole or in chunks", arguments: 0..<3)
    func secretIndex(index: Int) throws {
        let secrets = ["new", "old", "oldest"]
        let verifier = try WebhookSignatureVerifier(commaSeparated: secrets.joined(separator: ","))
        #expect(verifier.secretCount == 3)
        let value = WebhookSigner(secret: secrets[index]).headerValue(for: Self.body)
        #expect(verifier.verify(headerValues: [value], body: Self.body) == .valid(secretIndex: index))
        let header = try SignatureHeader(value)
        for size in [1, 7, 64, Self.body.count] {
            var signature = verifier.begin()
            for start in stride(from: 0, to: Self.body.count, by: size) {
                signature.update(Array(Self.body[start..<min(start + size, Self.body.count)]))
            }
            #expect(signature.finish(header) == .valid(secretIndex: index))
        }
    }

    @Test("another secret, or any change of the body, is a mismatch")
    func mismatch() throws {
        let verifier = try WebhookSignatureVerifier(secrets: ["secret", "other"])
        let foreign = WebhookSigner(secret: "third").headerValue(for: Self.body)
        #expect(verifier.verify(headerValues: [foreign], body: Self.body) == .rejected(.mismatch))
        let value = WebhookSigner(secret: "secret").headerValue(for: Self.body)
        let header = try SignatureHeader(value)
        for position in Self.body.indices {
            var changed = Self.body
            changed[position] ^= 1
            #expect(verifier.verify(headerValues: [value], body: changed) == .rejected(.mismatch))
            var signature = verifier.begin()
            signature.update(changed)
            #expect(signature.finish(header) == .rejected(.mismatch))
        }
        let shorter = Array(Self.body.dropLast())
        #expect(verifier.verify(headerValues: [value], body: shorter) == .rejected(.mismatch))
        #expect(verifier.verify(headerValues: [value], body: Self.body + [10]) == .rejected(.mismatch))
        #expect(verifier.begin().finish(header) == .rejected(.mismatch))
    }

    @Test("an empty body can be signed")
    func emptyBody() throws {
        let verifier = try WebhookSignatureVerifier(secrets: ["secret"])
        let value = WebhookSigner(secret: "secret").headerValue(for: [])
        #expect(verifier.verify(headerValues: [value], body: []) == .valid(secretIndex: 0))
        #expect(verifier.begin().finish(try SignatureHeader(value)) == .valid(secretIndex: 0))
    }

    @Test("a bad header is rejected for its own reason before the body counts")
    func badHeader() throws {
        let verifier = try WebhookSignatureVerifier(secrets: ["secret"])
        let value = WebhookSigner(secret: "secret").headerValue(for: Self.body)
        #expect(verifier.verify(headerValues: [], body: Self.body) == .rejected(.missingHeader))
        #expect(verifier.verify(headerValues: [value, value], body: Self.body) == .rejected(.repeatedHeader))
        #expect(verifier.verify(headerValues: [value.uppercased()], body: Self.body) == .rejected(.wrongPrefix))
    }

    @Test(
        "blank secrets are refused, and the position is named",
        arguments: [
            ("", "is blank"), ("  \t\n", "is blank"), ("a,", "secret 2 of 2 is blank"),
            (",a", "secret 1 of 2 is blank"),
            ("a, ,b", "secret 2 of 3 is blank"),
        ])
    func blankSecrets(text: String, problem: String) throws {
        let error = #expect(throws: AppSecretError.self) { try WebhookSignatureVerifier(commaSeparated: text) }
        #expect(error?.problem == problem)
    }

    @Test("no secret at all is refused")
    func noSecret() {
        #expect(throws: AppSecretError.self) { try WebhookSignatureVerifier(secrets: []) }
    }

    @Test("white space around a secret in the list is not part of it")
    func trimming() throws {
        let verifier = try WebhookSignatureVerifier(commaSeparated: " first , second\n")
        let value = WebhookSigner(secret: "second").headerValue(for: Self.body)
        #expect(verifier.verify(headerValues: [value], body: Self.body) == .valid(secretIndex: 1))
    }

    @Test("an error about secrets never shows one")
    func redaction() {
        let error = #expect(throws: AppSecretError.self) {
            try WebhookSignatureVerifier(commaSeparated: "very-secret-value,")
        }
        #expect(error.map { String(reflecting: $0).contains("very-secret") } == false)
        #expect(error?.description.contains("very-secret") == false)
    }
}
