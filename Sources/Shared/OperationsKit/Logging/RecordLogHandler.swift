internal import Logging

/// The log handler of both services: merges the metadata, redacts what is sensitive, and hands on one finished line.
struct RecordLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let format: LogSettings.Format
    private let now: @Sendable () -> LogTimestamp
    private let write: @Sendable (_ line: [UInt8]) -> Void

    init(
        label: String, settings: LogSettings, metadataProvider: Logger.MetadataProvider? = nil,
        now: @escaping @Sendable () -> LogTimestamp = LogTimestamp.now,
        write: @escaping @Sendable (_ line: [UInt8]) -> Void
    ) {
        self.label = label
        self.logLevel = settings.level
        self.format = settings.format
        self.metadataProvider = metadataProvider
        self.now = now
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var merged = metadata
        if let provided = metadataProvider?.get(), !provided.isEmpty {
            merged.merge(provided) { _, provided in provided }
        }
        if let own = event.metadata, !own.isEmpty {
            merged.merge(own) { _, own in own }
        }
        let record = LogRecord(
            time: now(), level: event.level, label: label, message: event.message.description,
            error: event.error.map { String(describing: $0) }, metadata: merged)
        switch format {
        case .json: write(record.json())
        case .text: write(record.text())
        }
    }
}
