import Foundation
import Glibc

/// The folder of a PostgreSQL cluster and the user that owns it.
final class PostgresCluster: Sendable {
    private let folder: TemporaryFolder?
    private let root: String
    private let user: String?
    private let initdbPath: String
    private let postgresPath: String

    /// - Parameter folder: Where to keep the cluster; a temporary folder if nil.
    init(folder: String?) throws {
        initdbPath = try ExecutableLookup.findPostgres("initdb", package: "postgresql")
        postgresPath = try ExecutableLookup.findPostgres("postgres", package: "postgresql")
        let temporary = try folder == nil ? TemporaryFolder("postgres") : nil
        self.folder = temporary
        root = folder ?? temporary?.path ?? "/"
        user = geteuid() == 0 ? "postgres" : nil
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        if let user {
            guard let account = getpwnam(user) else {
                throw TestSupportError(
                    "PostgreSQL refuses to run as root, and there is no user \(user): install the Debian package postgresql"
                )
            }
            guard chown(root, account.pointee.pw_uid, account.pointee.pw_gid) == 0 else {
                throw TestSupportError("cannot give \(root) to the user \(user): \(errorText())")
            }
        }
    }

    private var data: String { "\(root)/data" }

    /// Makes the cluster, unless there is one.
    func initialise(password: String?) async throws {
        if FileManager.default.fileExists(atPath: "\(data)/PG_VERSION") { return }
        var arguments = [
            "--pgdata=\(data)", "--username=\(PostgresServer.user)", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
            "--no-instructions",
        ]
        // The file is read while initdb, perhaps another user, runs; the folder around it is private.
        let secret = try TemporaryFolder("password")
        if let password {
            let path = try secret.write(password + "\n", to: "password")
            if let user, let account = getpwnam(user) {
                chown(path, account.pointee.pw_uid, account.pointee.pw_gid)
            }
            arguments += ["--auth=scram-sha-256", "--pwfile=\(path)"]
        } else {
            arguments += ["--auth=trust"]
        }
        let finished = try await ManagedProcess.run(initdbPath, arguments, user: user, within: .seconds(120))
        guard finished.succeeded else {
            throw TestSupportError("initdb failed: \(finished.standardError)\(finished.standardOutput)")
        }
    }

    /// Starts the server in the foreground of a process of ours.
    func start(_ settings: [String: String]) throws -> ManagedProcess {
        let options = settings.sorted { $0.key < $1.key }.flatMap { ["-c", "\($0.key)=\($0.value)"] }
        // SIGQUIT, not SIGKILL, ends it for good: only then does it give its shared memory back.
        return try ManagedProcess(
            postgresPath, ["-D", data] + options, name: "postgres", outputFolder: root, user: user,
            endSignal: .quit)
    }
}
