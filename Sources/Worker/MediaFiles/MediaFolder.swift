internal import Glibc
internal import NIOCore

/// Files in a folder, which every Worker must see under the same path.
///
/// ```
/// <folder>/<tenant>/<last two characters of the message's id>/<the message's id>
/// <folder>/incoming/<tenant>-<the message's id>.<random>     while it is being written
/// ```
/// A file gets its name only once it is on the disk, whole: whoever finds one has all of it.
public struct MediaFolder: MediaStorage {
    /// Without a slash at the end.
    public let path: String

    public init(path: String) {
        self.path = path.count > 1 && path.last == "/" ? String(path.dropLast()) : path
    }

    private var incoming: String { "\(path)/incoming" }
    private func folder(of name: MediaName) -> String { "\(path)/\(name.tenant)/\(name.message.suffix(2))" }
    private func file(of name: MediaName) -> String { "\(folder(of: name))/\(name.message)" }
    private func prefix(of name: MediaName) -> String { "\(name.tenant)-\(name.message)." }

    public func create(_ name: MediaName) async throws(MediaStorageError) -> any MediaUpload {
        let random = String(UInt64.random(in: .min ... .max), radix: 16)
        let (incoming, begun) = (incoming, "\(incoming)/\(prefix(of: name))\(random)")
        let descriptor = try await BlockingFile.run { () throws(MediaStorageError) in
            try BlockingFile.makeFolders(incoming)
            let descriptor = Glibc.open(begun, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
            guard descriptor >= 0 else { throw BlockingFile.failure("cannot be written to") }
            return descriptor
        }
        return FolderUpload(
            descriptor: descriptor, begun: begun, folders: [path, "\(path)/\(name.tenant)", folder(of: name)],
            file: file(of: name))
    }

    public func open(_ name: MediaName) async throws(MediaStorageError) -> (any MediaDownload)? {
        let file = file(of: name)
        return try await BlockingFile.run { () throws(MediaStorageError) -> FolderDownload? in
            let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else {
                guard errno == ENOENT else { throw BlockingFile.failure("cannot be read from") }
                return nil
            }
            var information = stat()
            guard fstat(descriptor, &information) == 0 else {
                let failure = BlockingFile.failure("cannot be read from")
                close(descriptor)
                throw failure
            }
            return FolderDownload(descriptor: descriptor, size: Int64(information.st_size))
        }
    }

    public func remove(_ name: MediaName) async throws(MediaStorageError) {
        let (file, folder, incoming, prefix) = (file(of: name), folder(of: name), incoming, prefix(of: name))
        try await BlockingFile.run { () throws(MediaStorageError) in
            if try BlockingFile.unlinkIfThere(file) { try BlockingFile.synchronize(folder: folder) }
            for name in try BlockingFile.names(in: incoming) where name.hasPrefix(prefix) {
                try BlockingFile.unlinkIfThere("\(incoming)/\(name)")
            }
        }
    }

    public func removeAbandoned(olderThanSeconds seconds: Int) async throws(MediaStorageError) {
        let incoming = incoming
        try await BlockingFile.run { () throws(MediaStorageError) in
            let now = time(nil)
            for name in try BlockingFile.names(in: incoming) {
                let file = "\(incoming)/\(name)"
                var information = stat()
                guard lstat(file, &information) == 0, now - information.st_mtim.tv_sec > seconds else { continue }
                try BlockingFile.unlinkIfThere(file)
            }
        }
    }

    /// Tries what a Worker will do: makes the folder and a file in it, and removes that again.
    /// - Returns: bytes that are free.
    public func examine() async throws(MediaStorageError) -> Int64 {
        guard let name = MediaName(tenant: 1, message: "examination") else { return 0 }
        let upload = try await create(name)
        do throws(MediaStorageError) {
            try await upload.write(ByteBuffer(string: "quoteline"))
        } catch {
            await upload.abandon()
            throw error
        }
        await upload.abandon()
        let path = path
        return try await BlockingFile.run { () throws(MediaStorageError) in
            var information = statvfs()
            guard statvfs(path, &information) == 0 else { throw BlockingFile.failure("cannot be looked at") }
            return Int64(clamping: UInt64(information.f_bavail) &* UInt64(information.f_frsize))
        }
    }
}
