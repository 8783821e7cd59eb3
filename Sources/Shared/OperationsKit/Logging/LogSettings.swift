public import Logging

/// How a process logs: `LOG_LEVEL` (trace … critical, default info) and `LOG_FORMAT` (json or text, default json).
public struct LogSettings: Sendable, Equatable {
    public enum Format: String, Sendable, CaseIterable {
        /// One JSON object per line, for machines.
        case json
        /// One plain line per record, for people.
        case text
    }

    /// Records below this level are not written.
    public var level: Logger.Level
    public var format: Format

    public init(level: Logger.Level = .info, format: Format = .json) {
        self.level = level
        self.format = format
    }

    public init(_ settings: Settings) throws(SettingError) {
        let levelName = try settings.choice(
            "LOG_LEVEL", default: Logger.Level.info.rawValue, among: Logger.Level.allCases.map(\.rawValue))
        let formatName = try settings.choice(
            "LOG_FORMAT", default: Format.json.rawValue, among: Format.allCases.map(\.rawValue))
        self.init(level: Logger.Level(rawValue: levelName) ?? .info, format: Format(rawValue: formatName) ?? .json)
    }
}
