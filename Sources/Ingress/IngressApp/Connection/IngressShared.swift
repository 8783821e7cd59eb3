import Logging
import WebhookSignature

/// What the connections of all event loops share: settings, budgets and counters, all of them safe from any thread.
final class IngressShared: Sendable {
    let limits: IngressLimits
    let router: RequestRouter
    let verifier: WebhookSignatureVerifier
    let metrics: IngressMetrics
    let budget: InflightBudget
    let connections = ConnectionCount()
    let logger: Logger

    init(
        limits: IngressLimits, token: HandshakeToken, verifier: WebhookSignatureVerifier, metrics: IngressMetrics,
        logger: Logger
    ) {
        self.limits = limits
        self.verifier = verifier
        self.metrics = metrics
        self.logger = logger
        router = RequestRouter(token: token, bodyLimit: limits.bodyBytes)
        budget = InflightBudget(limit: limits.inflightBytes)
    }
}
