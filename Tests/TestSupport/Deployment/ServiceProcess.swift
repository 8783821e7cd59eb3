import Glibc
import Synchronization

/// An Ingress or a Worker: started, waited for until it is ready, started again with the same settings.
public final class ServiceProcess: Sendable {
    public let name: String
    /// Where it takes webhooks; nil for a Worker.
    public let port: Int?
    /// Where `/live`, `/ready` and `/metrics` answer.
    public let opsPort: Int
    private let executable: String
    private let arguments: [String]
    private let environment: [String: String]
    private let logs: String
    private let process = Mutex<ManagedProcess?>(nil)

    init(
        _ name: String, executable: String, arguments: [String], environment: [String: String], port: Int?,
        opsPort: Int, logs: String
    ) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.port = port
        self.opsPort = opsPort
        self.logs = logs
    }

    /// The running process.
    /// - Throws: ``TestSupportError`` when it was never started.
    public var managed: ManagedProcess {
        get throws {
            guard let process = process.withLock({ $0 }) else { throw TestSupportError("\(name) was not started") }
            return process
        }
    }

    public var pid: Int32? { process.withLock { $0?.pid } }
    /// How it ended, if it did.
    public var exitStatus: ExitStatus? { process.withLock { $0?.exitStatus } }
    /// The end of its log.
    public var lastLines: String {
        let lines = process.withLock { $0?.lastOutput(lines: 10) ?? "" }
        return lines.isEmpty ? "(it wrote nothing)" : lines
    }

    /// Starts it, with the same settings each time; its log is appended to.
    public func start() throws {
        let started = try ManagedProcess(
            executable, arguments, environment: environment, name: name, outputFolder: logs)
        process.withLock { $0 = started }
    }

    /// Waits until `/ready` answers 200.
    /// - Throws: ``TestSupportError`` with the end of the log when it ends before, or does not get there.
    public func waitUntilReady(within limit: Duration = .seconds(30)) async throws {
        do {
            let endedEarly = try await waitFor("\(name) to be ready", within: limit, poll: .milliseconds(20)) {
                if exitStatus != nil { return true }
                return try await readiness() == 200 ? false : nil
            }
            guard endedEarly else { return }
            throw TestSupportError("\(name) ended at its start: \(exitStatus?.description ?? "")")
        } catch let error as TestSupportError {
            throw TestSupportError("\(error); its last lines:\n\(lastLines)")
        }
    }

    /// The status that `/ready` answers with.
    public func readiness() async throws -> Int {
        try await LoopbackHTTP.get(port: opsPort, "/ready", within: .seconds(5)).status
    }

    /// What `/metrics` shows.
    public func metrics() async throws -> String {
        try await LoopbackHTTP.get(port: opsPort, "/metrics", within: .seconds(5)).text
    }

    /// The sum of the samples of a metric whose labels contain all of `labels` (each as `name="value"`).
    public func metric(_ name: String, _ labels: String...) async throws -> Double {
        let lines = try await metrics().split(separator: "\n").filter { line in
            (line.hasPrefix(name + " ") || line.hasPrefix(name + "{")) && labels.allSatisfy { line.contains($0) }
        }
        return lines.compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }

    /// SIGTERM, then SIGKILL for one that has not ended in time (a busy Worker takes up to 25 s).
    /// - Throws: ``TestSupportError`` when it had to be killed.
    @discardableResult
    public func stop(within limit: Duration = .seconds(30)) async throws -> ExitStatus {
        let process = try managed
        if let ended = process.exitStatus { return ended }
        return try await process.stop(within: limit)
    }

    /// SIGKILL
    public func kill() async throws { try await managed.kill() }

    /// SIGKILL if it still runs, then a new start, and waits until it is ready.
    public func killAndRestart() async throws {
        try await kill()
        try start()
        try await waitUntilReady()
    }
}
