import OpenSSLKit

/// Signs bodies as Meta does; the simulator and the tests play Meta with it.
public struct WebhookSigner: Sendable {
    private let hmac: HMACSHA256

    public init(secret: String) {
        hmac = HMACSHA256(key: secret)
    }

    /// The value of the `X-Hub-Signature-256` header for this body.
    public func headerValue(for body: [UInt8]) -> String {
        SignatureHeader(digest: hmac.authenticate(body)).value
    }

    public func headerValue(for body: UnsafeRawBufferPointer) -> String {
        SignatureHeader(digest: hmac.authenticate(body)).value
    }
}
