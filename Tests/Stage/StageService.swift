import Glibc
import Synchronization
import TestSupport

/// One of our processes: started, waited for until it is ready, started again when it dies.
final class StageService: Sendable {
    let name: String
    let opsPort: Int
    private let executable: String
    private let arguments: [String]
    private let environment: [String: String]
    private let logs: String
    private let process = Mutex<ManagedProcess?>(nil)

    init(
        _ name: String, executable: String, arguments: [String] = [], environment: [String: String], opsPort: Int,
        logs: String
    ) {
        self.name = name
        self.executable = executable
        self.arguments = arguments
        self.environment = environment
        self.opsPort = opsPort
        self.logs = logs
    }

    var pid: Int32? { process.withLock { $0?.pid } }

    func start() throws {
        let started = try ManagedProcess(
            executable, arguments, environment: environment, name: name, outputFolder: logs)
        process.withLock { $0 = started }
    }

    /// Waits until `/ready` answers 200.
    /// - Throws: `TestSupportError` with the end of the log when it ends before, or does not get there.
    func waitUntilReady() async throws {
        do {
            let endedEarly = try await waitFor("\(name) to be ready", within: .seconds(30), poll: .milliseconds(30)) {
                if ended != nil { return true }
                let reply = try await LoopbackHTTP.get(port: opsPort, "/ready", within: .seconds(2))
                return reply.status == 200 ? false : nil
            }
            if endedEarly { throw TestSupportError("\(name) ended at its start: \(ended.map { "\($0)" } ?? "")") }
        } catch let error as TestSupportError {
            throw TestSupportError("\(error); its last lines (\(RunFolder.name)/logs):\n\(lastLines)")
        }
    }

    /// How it ended, if it did.
    var ended: ExitStatus? { process.withLock { $0?.exitStatus } }
    /// The end of its log.
    var lastLines: String {
        let lines = process.withLock { $0?.lastOutput(lines: 10) ?? "" }
        return lines.isEmpty ? "(it wrote nothing)" : lines
    }

    /// SIGTERM, then SIGKILL for one that has not ended within 30 s (a busy Worker takes up to 25).
    func stop() async {
        guard let running = process.withLock({ $0 }), running.isRunning else { return }
        do {
            try await running.stop(within: .seconds(30))
        } catch {
            Terminal.complain("\(error)")
        }
    }
}
