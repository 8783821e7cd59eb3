import Foundation
import Glibc
import Synchronization

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
        where access(folder, W_OK | X_OK) == 0 && isPassableForAll(folder) {
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
