import Glibc
import Synchronization

/// A private PostgreSQL server on a free loopback port, with its data in a temporary folder.
///
/// PostgreSQL refuses to run as root, so under root it runs as the user `postgres`, otherwise as oneself.
public final class PostgresServer: Sendable {
    public struct Options: Sendable {
        /// Durable as in production; ``fast`` leaves the syncing out.
        public var fsync = true
        /// The superuser's password; nil: everyone on loopback is trusted.
        public var password: String?
        /// Keep the data here instead of in a temporary folder; made if it does not exist, used again if it holds a
        /// cluster of this server's version.
        public var folder: String?
        /// More settings: `["max_connections": "200"]`.
        public var settings: [String: String] = [:]

        public init() {}

        /// For tests that do not crash the server: nothing waits for the disk.
        public static var fast: Options {
            var options = Options()
            options.fsync = false
            return options
        }
    }

    /// The superuser's name.
    public static let user = "quoteline"

    public let port: Int
    public let options: Options
    private let cluster: PostgresCluster
    private let psqlPath: String
    private let process: Mutex<ManagedProcess?>
    private let databases = Atomic(0)

    /// One fast server for all tests of this process; each takes a database of its own.
    public static func shared() async throws -> PostgresServer { try await sharedServer.value() }
    private static let sharedServer = SharedServer { try await PostgresServer.start(.fast) }

    /// Makes a cluster, starts a server on it and waits until it accepts connections.
    /// - Throws: ``TestSupportError`` naming the Debian package when PostgreSQL is missing, or with its own words.
    public static func start(_ options: Options = Options()) async throws -> PostgresServer {
        let server = try PostgresServer(options)
        try await server.cluster.initialise(password: options.password)
        try await server.launch()
        return server
    }

    private init(_ options: Options) throws {
        self.options = options
        cluster = try PostgresCluster(folder: options.folder)
        psqlPath = try ExecutableLookup.findPostgres("psql", package: "postgresql-client")
        port = try freePort()
        process = Mutex(nil)
    }

    /// A libpq URI of `database`.
    public func url(database: String) -> String {
        let login = options.password.map { ":\($0)" } ?? ""
        return "postgres://\(Self.user)\(login)@127.0.0.1:\(port)/\(database)"
    }

    /// The URI of the database `postgres`, for looking at the server itself.
    public var url: String { url(database: "postgres") }

    /// Makes an empty database and returns its URI. Without a name it gets one that is not taken.
    /// - Parameter name: Lower-case letters, digits and underscores.
    public func createDatabase(_ name: String? = nil) async throws -> String {
        let name = name ?? "test_\(databases.add(1, ordering: .relaxed).newValue)"
        _ = try await sql("create database \(name) template template0 encoding 'UTF8'")
        return url(database: name)
    }

    /// The postmaster's pid.
    public var pid: Int32 { get throws { try running().pid } }
    /// Everything that the server logged.
    public var log: String { process.withLock { $0?.output ?? "" } }

    /// SIGINT: a fast shutdown; open connections are cut.
    public func stop() async throws { try await running().stop(SIGINT, within: .seconds(30)) }

    /// SIGKILL to the postmaster and each of its processes at once, as when the machine dies (the disk survives).
    public func kill() async throws {
        let postmaster = try running()
        let children = halt(postmaster)
        for child in children { _ = Glibc.kill(child, SIGKILL) }
        try await postmaster.kill()
        // Before the last one is gone, no new server gets the shared memory.
        try await waitUntil("PostgreSQL's processes to be gone") {
            children.allSatisfy { [nil, "Z", "X"].contains(ProcessTree.state(of: $0)) }
        }
    }

    /// Starts it again on the same port with the same data; a running one is stopped first.
    public func restart() async throws {
        if let old = process.withLock({ $0 }), old.isRunning { try await old.stop(SIGINT, within: .seconds(30)) }
        try await launch()
    }

    /// SIGSTOP to the postmaster and each of its processes: connections stay open and nothing is answered.
    public func suspend() throws {
        let postmaster = try running()
        for child in halt(postmaster) { _ = Glibc.kill(child, SIGSTOP) }
    }

    public func resume() throws {
        let postmaster = try running()
        for child in ProcessTree.children(of: postmaster.pid) { _ = Glibc.kill(child, SIGCONT) }
        postmaster.signal(SIGCONT)
    }

    /// Stops the postmaster, so that it starts no more processes, and returns those that it has.
    private func halt(_ postmaster: ManagedProcess) -> [Int32] {
        postmaster.signal(SIGSTOP)
        for _ in 0..<1_000 where ProcessTree.state(of: postmaster.pid) != "T" { usleep(1_000) }
        return ProcessTree.children(of: postmaster.pid)
    }

    /// Runs SQL through psql and returns the rows as text: fields parted by `|`, rows by newlines, nulls empty.
    /// - Parameter url: The database's URI, as ``createDatabase(_:)`` returned it; the database `postgres` if nil.
    /// - Throws: ``TestSupportError`` with the server's error.
    @discardableResult
    public func sql(_ text: String, on url: String? = nil) async throws -> String {
        var output = try await psql(text, on: url, ["--no-align", "--tuples-only"])
        if output.hasSuffix("\n") { output.removeLast() }
        return output
    }

    /// Runs SQL through psql and returns the rows, fields as text (null as nil).
    public func rows(_ text: String, on url: String? = nil) async throws -> [[String?]] {
        let null = "\u{1d}"
        var output = try await psql(
            text, on: url,
            [
                "--no-align", "--tuples-only", "--pset=null=\(null)", "--field-separator=\u{1f}",
                "--record-separator=\u{1e}",
            ])
        if output.hasSuffix("\n") { output.removeLast() }
        return output.split(separator: "\u{1e}").map { row in
            row.split(separator: "\u{1f}", omittingEmptySubsequences: false).map { $0 == null ? nil : String($0) }
        }
    }

    /// Runs SQL through psql with the given output options and returns all that it prints.
    public func psql(_ text: String, on url: String? = nil, _ options: [String] = []) async throws -> String {
        let finished = try await ManagedProcess.run(
            psqlPath,
            ["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname=\(url ?? self.url)"] + options + ["--file=-"],
            environment: ["PGCONNECT_TIMEOUT": "10", "PGOPTIONS": "-c statement_timeout=60s"],
            input: Array(text.utf8), within: .seconds(90))
        guard finished.succeeded else { throw TestSupportError("psql: \(finished.standardError)") }
        return finished.standardOutput
    }

    /// A whole database as `pg_dump` writes it.
    public func dump(_ url: String) async throws -> String {
        let finished = try await ManagedProcess.run(
            try ExecutableLookup.findPostgres("pg_dump", package: "postgresql-client"), ["--dbname=\(url)"],
            environment: ["PGCONNECT_TIMEOUT": "10"], within: .seconds(90))
        guard finished.succeeded else { throw TestSupportError("pg_dump: \(finished.standardError)") }
        return finished.standardOutput
    }

    private func running() throws -> ManagedProcess {
        guard let process = process.withLock({ $0 }) else {
            throw TestSupportError("the PostgreSQL server on port \(port) was not started")
        }
        return process
    }

    private func launch() async throws {
        var settings = [
            "port": String(port), "listen_addresses": "127.0.0.1", "unix_socket_directories": "",
            "log_min_messages": "warning", "max_connections": "200", "shared_buffers": "64MB",
        ]
        if !options.fsync {
            settings.merge(["fsync": "off", "full_page_writes": "off"]) { _, new in new }
        }
        settings.merge(options.settings) { _, given in given }
        let started = try cluster.start(settings)
        process.withLock { $0 = started }
        let ended = try await waitFor(
            "PostgreSQL on port \(port) to accept connections", within: .seconds(60), poll: .milliseconds(30)
        ) {
            guard started.isRunning else { return true }
            return try await sql("select 1") == "1" ? false : nil
        }
        if ended {
            throw TestSupportError("PostgreSQL on port \(port) ended at once:\n\(started.lastOutput())")
        }
    }
}
