public import OperationsKit

/// Where files are kept.
public struct MediaSettings: Sendable {
    public static let standardFolder = "/var/lib/quoteline/media"

    /// An absolute path.
    public var folder: String
    /// Files that are fetched at once in this process.
    public var concurrency: Int

    public init(folder: String = standardFolder, concurrency: Int = 4) {
        self.folder = folder
        self.concurrency = max(1, concurrency)
    }

    /// `MEDIA_FOLDER`, `MEDIA_CONCURRENCY`.
    public init(_ settings: Settings) throws(SettingError) {
        let folder = try settings.text("MEDIA_FOLDER", default: Self.standardFolder)
        guard folder.first == "/", folder.count > 1, !folder.utf8.contains(0) else {
            throw SettingError(
                variable: "MEDIA_FOLDER", problem: "is not an absolute path",
                expected: "the path of a folder that all Workers share, as \(Self.standardFolder)")
        }
        self.init(
            folder: folder, concurrency: try settings.integer("MEDIA_CONCURRENCY", default: 4, in: 1...64))
    }

    public var storage: MediaFolder { MediaFolder(path: folder) }
}
