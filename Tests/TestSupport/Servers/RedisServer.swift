import Glibc
import Synchronization

/// A private redis-server on a free loopback port, with its data in a temporary folder.
public final class RedisServer: Sendable {
    public enum AppendFsync: String, Sendable {
        case always, everysec, no
    }

    public struct Options: Sendable {
        /// Keep an append-only file, so that a restart finds the data.
        public var appendOnly = false
        public var appendFsync = AppendFsync.everysec
        /// Bytes, or with a unit as in `8mb`; 0: unlimited. The policy is always noeviction.
        public var maxMemory = "0"
        /// The default user's password.
        public var password: String?
        /// Serve TLS (only) with this certificate and key; both are files in PEM form.
        public var tls: (certificate: String, key: String)?
        /// Keep the data and log here instead of in a temporary folder; the folder must exist.
        public var folder: String?
        /// More options, as on the command line: `["--databases", "2"]`.
        public var arguments: [String] = []

        public init() {}

        /// The shipped durability: nothing that was acknowledged is forgotten.
        public static var durable: Options {
            var options = Options()
            options.appendOnly = true
            options.appendFsync = .always
            return options
        }
    }

    public let port: Int
    public let options: Options
    private let folder: TemporaryFolder?
    private let dataFolder: String
    private let serverPath: String
    private let cliPath: String
    private let process: Mutex<ManagedProcess?>

    /// One server for all tests of this process that keep apart by key prefix.
    public static func shared() async throws -> RedisServer { try await sharedServer.value() }
    private static let sharedServer = SharedServer { try await RedisServer.start() }

    /// Starts a server and waits until it answers.
    /// - Throws: ``TestSupportError`` naming the Debian package when Redis is missing, or with Redis' own words.
    public static func start(_ options: Options = Options()) async throws -> RedisServer {
        let server = try RedisServer(options)
        try await server.launch()
        return server
    }

    private init(_ options: Options) throws {
        serverPath = try ExecutableLookup.find("redis-server", package: "redis-server")
        cliPath = try ExecutableLookup.find("redis-cli", package: "redis-tools")
        self.options = options
        port = try freePort()
        let temporary = try options.folder == nil ? TemporaryFolder("redis") : nil
        folder = temporary
        dataFolder = options.folder ?? temporary?.path ?? "/"
        process = Mutex(nil)
    }

    /// `redis://` with password and database 0.
    public var url: String { url(database: 0) }

    public func url(database: Int) -> String {
        let login = options.password.map { ":\($0)@" } ?? ""
        return "\(options.tls == nil ? "redis" : "rediss")://\(login)127.0.0.1:\(port)/\(database)"
    }

    /// The running server's pid.
    /// - Throws: ``TestSupportError`` when it is stopped.
    public var pid: Int32 { get throws { try running().pid } }
    /// Everything that the server logged.
    public var log: String { process.withLock { $0?.output ?? "" } }
    /// Resident memory and processor time of the running server, as in ``ManagedProcess``.
    public var managed: ManagedProcess { get throws { try running() } }

    /// SIGTERM: Redis saves what its options say, and ends.
    public func stop() async throws { try await running().stop(within: .seconds(20)) }

    /// SIGKILL: what was not yet written is lost.
    public func kill() async throws { try await running().kill() }

    /// Starts it again on the same port with the same data, and waits until it answers (also after loading).
    public func restart() async throws {
        if let old = process.withLock({ $0 }), old.isRunning { try await old.stop(within: .seconds(20)) }
        try await launch()
    }

    /// SIGSTOP: connections stay open and nothing is answered.
    public func suspend() throws { try running().suspend() }
    public func resume() throws { try running().resume() }

    /// Runs `redis-cli` with raw output and returns what it prints, without the last newline.
    /// - Throws: ``TestSupportError`` with the server's error.
    @discardableResult
    public func cli(_ arguments: String...) async throws -> String { try await cli(arguments) }

    @discardableResult
    public func cli(_ arguments: [String], input: [UInt8]? = nil) async throws -> String {
        var environment: [String: String] = [:]
        if let password = options.password { environment["REDISCLI_AUTH"] = password }
        let finished = try await ManagedProcess.run(
            cliPath, cliOptions + arguments, environment: environment, input: input, within: .seconds(30))
        guard finished.succeeded else {
            throw TestSupportError(
                "redis-cli \(arguments): \(finished.standardError)\(finished.standardOutput)")
        }
        var text = finished.standardOutput
        if text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    /// What to type to reach this server: `redis-cli -p PORT …`.
    public var cliCommand: String {
        (["redis-cli"] + cliOptions.filter { $0 != "-e" && $0 != "--raw" }).joined(separator: " ")
    }

    private var cliOptions: [String] {
        let tls = options.tls == nil ? [] : ["--tls", "--insecure"]
        return ["-h", "127.0.0.1", "-p", String(port)] + tls + ["-e", "--raw"]
    }

    private func running() throws -> ManagedProcess {
        guard let process = process.withLock({ $0 }) else {
            throw TestSupportError("the Redis server on port \(port) was not started")
        }
        return process
    }

    private func launch() async throws {
        var arguments = [
            "--bind", "127.0.0.1", "--dir", dataFolder, "--save", "", "--maxmemory-policy", "noeviction",
            "--maxmemory", options.maxMemory, "--enable-debug-command", "local",
            "--appendonly", options.appendOnly ? "yes" : "no", "--appendfsync", options.appendFsync.rawValue,
        ]
        if let tls = options.tls {
            arguments += [
                "--port", "0", "--tls-port", String(port), "--tls-cert-file", tls.certificate, "--tls-key-file",
                tls.key, "--tls-auth-clients", "no",
            ]
        } else {
            arguments += ["--port", String(port)]
        }
        if let password = options.password { arguments += ["--requirepass", password] }
        let started = try ManagedProcess(
            serverPath, arguments + options.arguments, name: "redis", outputFolder: dataFolder)
        process.withLock { $0 = started }
        let ended = try await waitFor("redis-server on port \(port) to answer", within: .seconds(30)) {
            guard started.isRunning else { return true }
            return try await cli("ping") == "PONG" ? false : nil
        }
        if ended {
            throw TestSupportError("redis-server on port \(port) ended at once:\n\(started.lastOutput())")
        }
    }
}
