internal import Glibc
internal import Logging
internal import Synchronization

private let loggingIsBootstrapped = Atomic(false)

/// Sends every logger's records to standard error: one line each, in the chosen format, sensitive metadata redacted.
///
/// swift-log allows this once per process, so the first call counts and any later one does nothing.
public func bootstrapLogging(_ settings: LogSettings) {
    guard !loggingIsBootstrapped.exchange(true, ordering: .relaxed) else { return }
    // Whoever reads the logs may go away; that must not end the process.
    signal(SIGPIPE, SIG_IGN)
    LoggingSystem.bootstrap(
        { label, metadataProvider in
            RecordLogHandler(
                label: label, settings: settings, metadataProvider: metadataProvider, write: StandardError.write)
        }, metadataProvider: nil)
}
