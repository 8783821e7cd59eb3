import NIOCore
public import OperationsKit
public import RedisClient
public import WebhookSignature

/// Ingress' settings, read from the environment; each wrong or missing one is an error of one line.
public struct IngressConfiguration: Sendable {
    /// `INGRESS_HOST` and `INGRESS_PORT`: the public listener.
    public var host: String
    public var port: Int
    /// `OPS_HOST` and `INGRESS_OPS_PORT`: `/live`, `/ready`, `/metrics`; no port, no listener.
    public var opsHost: String
    public var opsPort: Int?
    /// `INGRESS_THREADS`: event loops.
    public var threads: Int
    /// `REDIS_URL`
    public var redis: RedisConfiguration
    /// `QUEUE_PREFIX`
    public var queuePrefix: String
    /// `WHATSAPP_VERIFY_TOKEN`
    public var token: HandshakeToken
    /// `WHATSAPP_APP_SECRET`
    public var verifier: WebhookSignatureVerifier
    public var limits: IngressLimits
    public var log: LogSettings

    /// The longest body that may be configured: an element must stay below Redis' default limit of 512 MiB for a string.
    private static let bodyBytesRange = 1...(256 * 1024 * 1024)

    public init(_ settings: Settings) throws(SettingError) {
        log = try LogSettings(settings)
        host = try settings.text("INGRESS_HOST", default: "0.0.0.0")
        guard let port = try settings.port("INGRESS_PORT", default: 8080) else {
            throw SettingError(
                variable: "INGRESS_PORT", problem: "is set, but empty", expected: "a port from 0 to 65535")
        }
        self.port = port
        opsHost = try settings.text("OPS_HOST", default: "127.0.0.1")
        opsPort = try settings.port("INGRESS_OPS_PORT", default: 9101)
        threads = try settings.integer("INGRESS_THREADS", default: System.coreCount, in: 1...256)
        redis = try Self.redis(settings)
        queuePrefix = try Self.queuePrefix(settings)
        token = try Self.token(settings)
        verifier = try Self.verifier(settings)
        limits = try Self.limits(settings)
    }

    private static func redis(_ settings: Settings) throws(SettingError) -> RedisConfiguration {
        let name = "REDIS_URL"
        // As a secret: the URL may hold a password, so it may come from a file and is never repeated.
        let url = try settings.secret(name)?.reveal() ?? "redis://127.0.0.1:6379/0"
        do {
            return try RedisConfiguration(url: url)
        } catch {
            throw SettingError(
                variable: name, problem: error.problem, expected: "redis://[[user]:password@]host[:port][/database]")
        }
    }

    private static func queuePrefix(_ settings: Settings) throws(SettingError) -> String {
        let name = "QUEUE_PREFIX"
        let prefix = try settings.text(name, default: "wa")
        let isPlain = prefix.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: ":"):
                true
            case _: false
            }
        }
        guard isPlain, prefix.utf8.count <= 64 else {
            throw SettingError(
                variable: name, problem: isPlain ? "is longer than 64 characters" : "holds other characters",
                expected: "at most 64 of A-Z a-z 0-9 - _ . :")
        }
        return prefix
    }

    private static func token(_ settings: Settings) throws(SettingError) -> HandshakeToken {
        let name = "WHATSAPP_VERIFY_TOKEN"
        let secret = try settings.requiredSecret(
            name, expected: "the verify token that is entered in the Meta app's webhook settings")
        do {
            return try HandshakeToken(secret.reveal())
        } catch {
            throw SettingError(variable: name, problem: error.problem, expected: error.expected)
        }
    }

    private static func verifier(_ settings: Settings) throws(SettingError) -> WebhookSignatureVerifier {
        let name = "WHATSAPP_APP_SECRET"
        let secret = try settings.requiredSecret(
            name, expected: "the Meta app's secret, or several separated by commas while one is being rotated")
        do {
            return try WebhookSignatureVerifier(commaSeparated: secret.reveal())
        } catch {
            throw SettingError(variable: name, problem: error.problem, expected: error.expected)
        }
    }

    private static func limits(_ settings: Settings) throws(SettingError) -> IngressLimits {
        var limits = IngressLimits()
        limits.bodyBytes = try settings.integer(
            "INGRESS_MAX_BODY_BYTES", default: limits.bodyBytes, in: bodyBytesRange)
        let name = "INGRESS_MAX_INFLIGHT_BYTES"
        limits.inflightBytes = try settings.integer(name, default: limits.inflightBytes, in: 1...(1 << 40))
        guard limits.inflightBytes >= limits.bodyBytes else {
            throw SettingError(
                variable: name, problem: "is less than INGRESS_MAX_BODY_BYTES (\(limits.bodyBytes))",
                expected: "room for at least one body of that size")
        }
        return limits
    }
}
