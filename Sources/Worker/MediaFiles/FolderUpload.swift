internal import Glibc
internal import NIOCore

/// A file of a ``MediaFolder`` that is being written.
actor FolderUpload: MediaUpload {
    /// -1 once it is closed.
    private var descriptor: Int32
    private let begun: String
    private let folders: [String]
    private let file: String

    /// - Parameters:
    ///   - begun: the path under which it is written.
    ///   - folders: those that must be there before it gets its name, outermost first.
    ///   - file: the path under which it is found afterwards.
    init(descriptor: Int32, begun: String, folders: [String], file: String) {
        self.descriptor = descriptor
        self.begun = begun
        self.folders = folders
        self.file = file
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    func write(_ bytes: ByteBuffer) async throws(MediaStorageError) {
        let descriptor = descriptor
        try await BlockingFile.run { () throws(MediaStorageError) in
            let failure: Int32? = bytes.withUnsafeReadableBytes { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let written = Glibc.write(
                        descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    if written < 0 {
                        if errno == EINTR { continue }
                        return errno
                    }
                    rest = rest.dropFirst(written)
                }
                return nil
            }
            if let failure { throw BlockingFile.failure("cannot be written to", failure) }
        }
    }

    func finish() async throws(MediaStorageError) {
        let (descriptor, begun, folders, file) = (descriptor, begun, folders, file)
        try await BlockingFile.run { () throws(MediaStorageError) in
            guard fsync(descriptor) == 0 else { throw BlockingFile.failure("cannot be made durable") }
            for folder in folders { try BlockingFile.makeFolder(folder) }
            guard rename(begun, file) == 0 else { throw BlockingFile.failure("takes no new file") }
            if let folder = folders.last { try BlockingFile.synchronize(folder: folder) }
        }
        shut()
    }

    func abandon() async {
        shut()
        let begun = begun
        // Not the task's own child: it is removed also when the task was cancelled. What cannot be removed now is found as
        // abandoned.
        await Task {
            _ = try? await BlockingFile.run { () throws(MediaStorageError) in try BlockingFile.unlinkIfThere(begun) }
        }.value
    }

    private func shut() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }
}
