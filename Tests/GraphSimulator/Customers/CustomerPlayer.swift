import Glibc
public import TestSupport
import WebhookSignature

/// Plays Meta on behalf of a customer: signs webhooks and posts them to Ingress.
public struct CustomerPlayer: Sendable {
    public static let path = "/api/whatsapp/webhook"

    public let customer: Customer
    public let number: BusinessNumber
    private let signer: WebhookSigner

    public init(customer: Customer, number: BusinessNumber, appSecret: String) {
        self.customer = customer
        self.number = number
        signer = WebhookSigner(secret: appSecret)
    }

    /// A webhook with one message of this customer.
    /// - Parameter timestamp: Seconds since 1970; now if nil.
    public func webhook(
        _ message: CustomerMessage, repliesTo: String? = nil, wamid: String? = nil, timestamp: Int? = nil
    ) -> Webhook {
        Webhook(
            message, from: customer, to: number, wamid: wamid, repliesTo: repliesTo,
            timestamp: timestamp ?? Int(time(nil)))
    }

    /// The headers that Meta sends with this body.
    public func headers(for body: [UInt8]) -> [(String, String)] {
        [
            ("Content-Type", "application/json"), ("User-Agent", "facebookexternalua"),
            ("X-Hub-Signature-256", signature(of: body)),
        ]
    }

    /// The value of `X-Hub-Signature-256`.
    public func signature(of body: [UInt8]) -> String {
        signer.headerValue(for: body)
    }

    /// Posts a signed body to the Ingress on that port, on a connection of its own.
    /// - Throws: `TestSupportError` when there is no answer.
    @discardableResult
    public func post(_ body: [UInt8], toPort port: Int, within limit: Duration = .seconds(10)) async throws -> HTTPReply
    {
        try await LoopbackHTTP.send(
            "POST", port: port, Self.path, headers: headers(for: body), body: body, within: limit)
    }

    /// Posts a signed body on a connection that is kept, for many in a row.
    @discardableResult
    public func post(
        _ body: [UInt8], on connection: LoopbackConnection, within limit: Duration = .seconds(10)
    ) async throws -> HTTPReply {
        try await connection.request("POST", Self.path, headers: headers(for: body), body: body, within: limit)
    }

    /// The subscription handshake that Meta makes when the callback URL is saved.
    public static func handshake(port: Int, verifyToken: String, challenge: String) async throws -> HTTPReply {
        try await LoopbackHTTP.get(
            port: port,
            "\(path)?hub.mode=subscribe&hub.challenge=\(challenge)&hub.verify_token=\(verifyToken)")
    }
}
