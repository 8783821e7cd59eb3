import Foundation
import Glibc
import TestSupport

/// The folder `.run` of the project: data and logs of one performance at a time, empty at its start and left as it is at
/// its end, so that the logs can be read.
struct RunFolder: Sendable {
    /// As people type it.
    static let name = ".run"

    let path: String

    /// Takes the folder and empties it.
    /// - Throws: `TestSupportError` when another performance has it, or it cannot be written.
    init() throws {
        path = FileManager.default.currentDirectoryPath + "/" + Self.name
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            try takeLock()
            for entry in ["redis", "postgres", "logs", "media", "env", "example.json"] {
                let entry = "\(path)/\(entry)"
                if FileManager.default.fileExists(atPath: entry) { try FileManager.default.removeItem(atPath: entry) }
            }
            for entry in ["redis", "logs"] {
                try FileManager.default.createDirectory(
                    atPath: "\(path)/\(entry)", withIntermediateDirectories: false,
                    attributes: [.posixPermissions: 0o700])
            }
            if isOpenToPostgres { TemporaryFolder.keepAll(in: path) }
        } catch let error as TestSupportError {
            throw error
        } catch {
            throw TestSupportError(
                "cannot empty \(path): \(error.localizedDescription). If another user made it, remove it and try again")
        }
    }

    var redis: String { "\(path)/redis" }
    var logs: String { "\(path)/logs" }
    var media: String { "\(path)/media" }

    /// Where Postgres keeps its data; nil when the user that it runs as may not come here.
    var postgres: String? { isOpenToPostgres ? "\(path)/postgres" : nil }

    /// Under root Postgres runs as a user of its own.
    private var isOpenToPostgres: Bool { geteuid() != 0 || isPassableForAll(path) }

    /// Writes a file that only its owner reads.
    func write(_ bytes: [UInt8], to name: String) throws {
        let file = "\(path)/\(name)"
        let made = FileManager.default.createFile(
            atPath: file, contents: Data(bytes), attributes: [.posixPermissions: 0o600])
        guard made else { throw TestSupportError("cannot write \(file)") }
    }

    /// Held until this process ends, however it ends.
    private func takeLock() throws {
        let descriptor = open("\(path)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw TestSupportError(
                "\(path) is in use by another `make run`: stop that one first (Ctrl-C where it runs), then try again")
        }
    }
}
