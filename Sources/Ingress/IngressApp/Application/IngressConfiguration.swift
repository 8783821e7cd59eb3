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
        queuePrefix = try settings.queuePrefix()
        token = try Self.token(settings)
        verifier = try Self.verifier(settings)
        limits = try Self.limits(settings)
    }

    private static func redis(_ settings: Settings) throws(SettingError) -> RedisConfiguration {
        let url = try settings.redisURL()
        do {
            return try RedisConfiguration(url: url.reveal())
        } catch {
            throw SettingError(variable: "REDIS_URL", problem: error.problem, expected: Settings.redisURLForm)
        }
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
