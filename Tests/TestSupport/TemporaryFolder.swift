import Foundation
import Glibc

/// A private folder, removed with everything in it when the object goes away or the process ends.
///
/// All folders of a process lie in one root that it holds a lock on. What a killed process left is removed by the next
/// one: a root whose lock is free has no owner any more.
public final class TemporaryFolder: Sendable {
    public let path: String

    /// - Parameter label: Part of the folder's name, for people who look.
    public init(_ label: String = "folder") throws {
        LeftoverGuard.arm()
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
