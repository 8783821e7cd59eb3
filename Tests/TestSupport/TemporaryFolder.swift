import Foundation
import Glibc
import Synchronization

/// A private folder, removed with everything in it when the object goes away or the process ends.
///
/// All folders of a process lie in one root that it holds a lock on. What a killed process left is removed by the next
/// one: a root whose lock is free has no owner any more.
public final class TemporaryFolder: Sendable {
    public let path: String

    /// - Parameter label: Part of the folder's name, for people who look.
    public init(_ label: String = "folder") throws {
        let root = try SessionRoot.path()
        path = try SessionRoot.makeFolder(template: "\(root)/\(label)-XXXXXX")
        // Others may pass through, not list: Postgres runs as a user of its own when the tests run as root.
        chmod(path, 0o711)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Keeps the folders of this process below `parent` from now on, instead of where temporary files belong.
    ///
    /// Call it before the first folder is made. Where Postgres runs as another user, that user must be able to pass.
    public static func keepAll(in parent: String) {
        SessionRoot.setParent(parent)
    }

    /// Whether every user may pass through the folder and each one above it.
    public static func isPassableForAll(_ folder: String) -> Bool {
        guard folder.hasPrefix("/") else { return false }
        var path = ""
        return folder.split(separator: "/").allSatisfy { part in
            path += "/\(part)"
            var info = stat()
            return stat(path, &info) == 0 && info.st_mode & S_IXOTH != 0
        }
    }

    /// The path of an entry in this folder.
    public func file(_ name: String) -> String { "\(path)/\(name)" }

    /// The paths of all files at and below a path, folders left out.
    public static func files(below path: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return try FileManager.default.subpathsOfDirectory(atPath: path).filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(path)/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }
    }

    /// The names in a folder below this one; none if it is not there.
    public func entries(of name: String) throws -> [String] {
        guard FileManager.default.fileExists(atPath: file(name)) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: file(name))
    }

    /// Writes a file that only its owner can read, and returns its path.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String {
        try write(Array(text.utf8), to: name)
    }

    @discardableResult
    public func write(_ bytes: [UInt8], to name: String) throws -> String {
        let path = file(name)
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        else { throw TestSupportError("cannot write \(path)") }
        return path
    }
}

/// The folder that holds all temporary folders of this process.
enum SessionRoot {
    private static let prefix = "quoteline-test-"
    private static let current = Mutex<String?>(nil)
    private static let chosenParent = Mutex<String?>(nil)

    static func setParent(_ parent: String) {
        chosenParent.withLock { $0 = parent }
    }

    static func path() throws -> String {
        try current.withLock { root in
            if let root { return root }
            let parent = try chosenParent.withLock { $0 } ?? traversableParent()
            sweep(parent)
            let made = try makeFolder(template: "\(parent)/\(prefix)XXXXXX")
            chmod(made, 0o711)
            guard lock("\(made)/.lock", create: true) != nil else {
                throw TestSupportError("cannot lock \(made)/.lock: \(errorText())")
            }
            root = made
            LeftoverGuard.arm()
            return made
        }
    }

    /// Called when the process ends; the lock goes with it.
    static func remove() {
        current.withLock { root in
            if let made = root { try? FileManager.default.removeItem(atPath: made) }
            root = nil
        }
    }

    static func makeFolder(template: String) throws -> String {
        var name = Array(template.utf8CString)
        let made = name.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) } != nil
        }
        guard made else { throw TestSupportError("cannot make the folder \(template): \(errorText())") }
        return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A folder for temporary files whose every ancestor lets any user pass.
    private static func traversableParent() throws -> String {
        let wished = ProcessInfo.processInfo.environment["TMPDIR"].map { [$0] } ?? []
        for folder in wished + ["/tmp", "/var/tmp", "/dev/shm"]
        where access(folder, W_OK | X_OK) == 0 && TemporaryFolder.isPassableForAll(folder) {
            return folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
        }
        throw TestSupportError(
            "none of TMPDIR, /tmp, /var/tmp and /dev/shm is writable here and passable for all users")
    }

    /// Removes the roots of processes that are gone. One that was only just made may not be locked yet.
    private static func sweep(_ parent: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []
        for name in names where name.hasPrefix(prefix) {
            let root = "\(parent)/\(name)"
            var info = stat()
            guard lstat(root, &info) == 0, info.st_uid == geteuid(), info.st_mode & S_IFMT == S_IFDIR,
                time(nil) - info.st_mtim.tv_sec > 60, let held = lock("\(root)/.lock", create: false)
            else { continue }
            try? FileManager.default.removeItem(atPath: root)
            close(held)
        }
    }

    private static func lock(_ path: String, create: Bool) -> Int32? {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0o600)
        guard descriptor >= 0 else { return nil }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}

/// The C library's words for the last failure of this thread.
func errorText(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
