public import OperationsKit

/// Ingress' metrics, created once: counting is a relaxed atomic addition.
public final class IngressMetrics: Sendable {
    private let requests: [PrometheusCounter]
    private let signatures: [PrometheusCounter]
    let duration: PrometheusHistogram
    let pushes: PrometheusCounter

    /// - Parameter secrets: How many app secrets are configured.
    public init(registry: PrometheusRegistry, secrets: Int) {
        requests = RequestResult.allCases.map { result in
            registry.counter(
                "quoteline_ingress_requests_total", help: "Requests by how they ended.",
                labels: [("result", result.label)])
        }
        signatures = (0..<secrets).map { index in
            registry.counter(
                "quoteline_ingress_signatures_total",
                help: "Valid signatures by the position of the app secret that made them.",
                labels: [("secret", String(index + 1))])
        }
        duration = registry.histogram(
            "quoteline_ingress_request_duration_seconds",
            help: "Time from a request's complete header to its written answer.", labels: [],
            buckets: [
                0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
            ])
        pushes = registry.counter(
            "quoteline_ingress_pushes_total", help: "LPUSH commands sent; each carries one or more webhooks.",
            labels: [])
    }

    func count(_ result: RequestResult) {
        requests[result.rawValue].increment()
    }

    func countSignature(secretIndex: Int) {
        signatures[secretIndex].increment()
    }
}
