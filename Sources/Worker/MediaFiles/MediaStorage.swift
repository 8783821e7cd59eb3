public import NIOCore

/// Where the files of messages are kept. Every call is safe to repeat.
public protocol MediaStorage: Sendable {
    /// Begins to write a file. Nothing of it can be seen under its name until ``MediaUpload/finish()``.
    func create(_ name: MediaName) async throws(MediaStorageError) -> any MediaUpload

    /// Opens a file; nil if there is none.
    func open(_ name: MediaName) async throws(MediaStorageError) -> (any MediaDownload)?

    /// Removes a file and whatever was begun of it. That there is none is no error.
    func remove(_ name: MediaName) async throws(MediaStorageError)

    /// Removes what was begun, and not written to for so many seconds: its writer is gone.
    func removeAbandoned(olderThanSeconds seconds: Int) async throws(MediaStorageError)
}

/// A file that is being written. Whoever drops it unfinished leaves what ``MediaStorage/removeAbandoned`` finds.
public protocol MediaUpload: Sendable {
    func write(_ bytes: ByteBuffer) async throws(MediaStorageError)

    /// Makes the file durable, then puts it under its name, in the place of any earlier one.
    func finish() async throws(MediaStorageError)

    /// Removes what was written.
    func abandon() async
}

/// A file that is being read, from its beginning to its end.
public protocol MediaDownload: Sendable {
    /// In bytes.
    var size: Int64 { get }

    /// The next bytes; nil at the end.
    func read() async throws(MediaStorageError) -> ByteBuffer?
}

/// The place where files are kept does not work. Never names a file of a message.
public struct MediaStorageError: Error, Sendable, CustomStringConvertible {
    /// Reads well after "the media folder".
    public let problem: String

    public init(_ problem: String) {
        self.problem = problem
    }

    public var description: String { "the media folder \(problem)" }
}
