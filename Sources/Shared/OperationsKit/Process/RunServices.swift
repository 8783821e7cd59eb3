public import Logging
public import ServiceLifecycle
internal import UnixSignals

/// Runs the services until SIGTERM or SIGINT, or until one of them fails; then stops them gracefully, the last first.
///
/// List them in the order of dependence: the ops server first, what takes in work last.
/// - Parameter gracefulShutdownSeconds: How long the stop may take before everything that still runs is cancelled; five
///   seconds after that the process ends with exit code 1 in any case.
/// - Throws: ``LoggedFailure`` around the first error of a service, ``ServiceEnded`` or ``ShutdownTimedOut``; a stop in time
///   throws nothing.
public func runServices(_ services: [any Service], logger: Logger, gracefulShutdownSeconds: Int) async throws {
    let limit = Duration.seconds(gracefulShutdownSeconds)
    let watch = ShutdownWatch(limit: limit, logger: logger)
    // A failure stops the others gracefully, too: they may hold work that is nearly done.
    // Each has a name of ours: the group logs names at debug, and without one it takes the whole service with all that it
    // holds, settings too.
    let supervised = services.map { service in
        let supervised = SupervisedService(service: service, watch: watch, logger: logger)
        var configuration = ServiceGroupConfiguration.ServiceConfiguration(
            service: supervised, serviceName: supervised.name)
        configuration.failureTerminationBehavior = .gracefullyShutdownGroup
        return configuration
    }
    let last = ServiceGroupConfiguration.ServiceConfiguration(service: watch, serviceName: "ShutdownWatch")
    var configuration = ServiceGroupConfiguration(
        services: supervised + [last], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = limit
    do {
        try await ServiceGroup(configuration: configuration).run()
    } catch {
        _ = watch.finish()
        // The service's supervisor has logged it, when it happened.
        throw LoggedFailure(error)
    }
    if watch.finish() {
        let error = ShutdownTimedOut(limit: limit)
        logger.error("stopped, but not gracefully", error: error)
        throw LoggedFailure(error)
    }
    logger.info("stopped")
}
