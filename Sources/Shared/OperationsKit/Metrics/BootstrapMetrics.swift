internal import CoreMetrics
internal import Synchronization

private let metricsAreBootstrapped = Atomic(false)

/// Makes the registry the place of all swift-metrics metrics of the process.
///
/// swift-metrics allows this once per process, so the first call counts and any later one does nothing.
public func bootstrapMetrics(_ registry: PrometheusRegistry) {
    guard !metricsAreBootstrapped.exchange(true, ordering: .relaxed) else { return }
    MetricsSystem.bootstrap(registry)
}
