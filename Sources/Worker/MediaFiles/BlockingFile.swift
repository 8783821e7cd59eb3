internal import Glibc
internal import NIOPosix

/// System calls on files. They block, so each runs on a thread that may.
enum BlockingFile {
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(MediaStorageError) -> Value
    ) async throws(MediaStorageError) -> Value {
        do {
            return try await NIOThreadPool.singleton.runIfActive { try body() }
        } catch let error as MediaStorageError {
            throw error
        } catch {
            throw MediaStorageError("cannot be used while this process ends")
        }
    }

    /// What a system call said, in its own words.
    static func failure(_ what: String, _ code: Int32 = errno) -> MediaStorageError {
        MediaStorageError("\(what): \(String(cString: strerror(code)))")
    }

    /// Makes a folder that only this user may look into; one that is there already stays.
    static func makeFolder(_ path: String) throws(MediaStorageError) {
        if mkdir(path, 0o700) == 0 {
            // Its name must last as long as what is put into it.
            let parent = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
            try synchronize(folder: parent.isEmpty ? "/" : parent)
            return
        }
        guard errno == EEXIST else { throw failure("has a folder that cannot be made") }
    }

    /// Makes a folder and those above it.
    static func makeFolders(_ path: String) throws(MediaStorageError) {
        var information = stat()
        if stat(path, &information) == 0 {
            guard information.st_mode & S_IFMT == S_IFDIR else { throw MediaStorageError("is not a folder") }
            return
        }
        if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeFolders(String(path[..<slash]))
        }
        try makeFolder(path)
    }

    static func synchronize(folder path: String) throws(MediaStorageError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("has a folder that cannot be opened") }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot be made durable") }
    }

    /// Removes a file; whether there was one.
    @discardableResult
    static func unlinkIfThere(_ path: String) throws(MediaStorageError) -> Bool {
        if unlink(path) == 0 { return true }
        guard errno == ENOENT else { throw failure("has a file that cannot be removed") }
        return false
    }

    /// The names in a folder; none if it is not there.
    static func names(in path: String) throws(MediaStorageError) -> [String] {
        guard let folder = opendir(path) else {
            guard errno == ENOENT else { throw failure("has a folder that cannot be read") }
            return []
        }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
