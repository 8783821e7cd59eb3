import Foundation
public import Glibc

/// A program that a test runs, in a process group of its own, its output kept in files.
///
/// It is ended when this object goes away, when the tests end, and when they are killed: nothing stays behind.
public final class ManagedProcess: Sendable {
    /// What a program that ran to its end left.
    public struct Finished: Sendable {
        public let status: ExitStatus
        public let standardOutput: String
        public let standardError: String
        public var succeeded: Bool { status == .exited(0) }
    }

    public let name: String
    public let standardOutputPath: String
    public let standardErrorPath: String
    private let process: SpawnedProcess
    private let folder: TemporaryFolder?

    /// Starts a program.
    /// - Parameters:
    ///   - executable: An absolute path (see ``ExecutableLookup``).
    ///   - environment: All that the program sees, besides `PATH`, `LANG` and what sanitizers and the dynamic linker
    ///     need.
    ///   - input: What it reads from its standard input; nothing if nil.
    ///   - name: The name of its output files and in errors; the executable's if nil.
    ///   - outputFolder: Where `<name>.out` and `<name>.err` are written (appended to); a temporary folder if nil.
    ///   - user: The user to run as; needs root.
    ///   - endSignal: What ends it for good when it must not stay.
    /// - Throws: ``TestSupportError`` when it cannot be started.
    public init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
        input: [UInt8]? = nil, name: String? = nil, outputFolder: String? = nil, user: String? = nil,
        endSignal: EndSignal = .kill
    ) throws {
        guard FileManager.default.isExecutableFile(atPath: executable) else {
            throw TestSupportError("\(executable) is not an executable file")
        }
        let name = name ?? String(executable.split(separator: "/").last ?? "process")
        let folder = try outputFolder == nil || input != nil ? TemporaryFolder(name) : nil
        let output = outputFolder ?? folder?.path ?? "/"
        self.name = name
        self.folder = folder
        standardOutputPath = "\(output)/\(name).out"
        standardErrorPath = "\(output)/\(name).err"

        // From the root folder, which every user may read.
        let env = try ExecutableLookup.find("env", package: "coreutils")
        var command = [env, "--chdir=/", try ExecutableLookup.find("setpriv", package: "util-linux")]
        if let user { command += ["--reuid=\(user)", "--regid=\(user)", "--init-groups"] }
        command += ["--pdeathsig", endSignal.rawValue, "--", executable] + arguments

        var all = Self.baseEnvironment()
        all.merge(environment) { _, given in given }
        let inputPath = try input.flatMap { try folder?.write($0, to: "input") }
        let pid = try ProcessSpawner.shared.spawn(
            ProcessSpawner.Request(
                arguments: command, environment: all, inputPath: inputPath,
                outputPath: standardOutputPath, errorPath: standardErrorPath))
        process = LeftoverGuard.watch(pid, endSignal: endSignal)
    }

    deinit {
        if process.exitStatus == nil {
            process.end()
            process.awaitEnd(milliseconds: 3_000)
        }
    }

    /// Runs a program to its end.
    /// - Throws: ``TestSupportError`` when it cannot be started or does not end in time (it is killed then).
    public static func run(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
        input: [UInt8]? = nil, user: String? = nil, within limit: Duration = .seconds(60)
    ) async throws -> Finished {
        let process = try ManagedProcess(
            executable, arguments, environment: environment, input: input, user: user)
        let status = try await process.waitForExit(within: limit, poll: .milliseconds(2))
        return Finished(
            status: status, standardOutput: process.standardOutput, standardError: process.standardError)
    }

    public var pid: Int32 { process.pid }
    public var isRunning: Bool { process.exitStatus == nil }
    public var exitStatus: ExitStatus? { process.exitStatus }

    /// All that it wrote so far; invalid UTF-8 is replaced.
    public var standardOutput: String { Self.text(standardOutputPath) }
    public var standardError: String { Self.text(standardErrorPath) }
    /// Standard output, then standard error.
    public var output: String { standardOutput + standardError }

    /// Sends a signal to the process itself (not to its children).
    public func signal(_ signal: Int32) { process.signal(signal) }
    /// SIGSTOP: it stands still, its sockets stay open.
    public func suspend() { process.signal(SIGSTOP, group: true) }
    /// SIGCONT
    public func resume() { process.signal(SIGCONT, group: true) }

    /// SIGKILL to the whole group, and waits until it is gone.
    public func kill() async throws {
        process.signal(SIGKILL, group: true)
        _ = try await waitForExit(within: .seconds(10))
    }

    /// SIGTERM (or another polite signal), and waits. One that does not end in time is killed, and that is an error.
    @discardableResult
    public func stop(_ signal: Int32 = SIGTERM, within limit: Duration = .seconds(30)) async throws -> ExitStatus {
        process.signal(signal)
        return try await waitForExit(within: limit)
    }

    /// Waits until it ended. One that does not end in time is killed.
    /// - Throws: ``TestSupportError`` with the end of its output when the time is over.
    @discardableResult
    public func waitForExit(
        within limit: Duration, poll: Duration = .milliseconds(5)
    ) async throws -> ExitStatus {
        do {
            return try await waitFor("\(name) (pid \(pid)) to end", within: limit, poll: poll) { exitStatus }
        } catch {
            process.end()
            process.awaitEnd(milliseconds: 1_000)
            throw TestSupportError("\(error); it was killed; its last output:\n\(lastOutput())")
        }
    }

    /// Waits until its output contains `text`; ends early when the process does.
    public func waitForOutput(containing text: String, within limit: Duration = .seconds(10)) async throws {
        let ended = try await waitFor("“\(text)” in the output of \(name)", within: limit) {
            let running = isRunning
            if output.contains(text) { return false }
            return running ? nil : true
        }
        if ended {
            throw TestSupportError("\(name) ended without writing “\(text)”; its last output:\n\(lastOutput())")
        }
    }

    /// The end of both outputs, for error messages.
    public func lastOutput(lines: Int = 20) -> String {
        output.split(separator: "\n").suffix(lines).joined(separator: "\n")
    }

    /// Resident memory in bytes; nil when it has ended.
    public var residentBytes: Int? {
        let fields = Self.text("/proc/\(pid)/statm").split(separator: " ")
        guard isRunning, fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Processor time used so far, in user and kernel mode together; nil when it has ended.
    public var processorTime: Duration? {
        let stat = Self.text("/proc/\(pid)/stat")
        guard isRunning, let end = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Int(fields[11]), let system = Int(fields[12]) else { return nil }
        return .milliseconds((user + system) * 1_000 / Int(sysconf(Int32(_SC_CLK_TCK))))
    }

    private static func text(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func baseEnvironment() -> [String: String] {
        let own = ProcessInfo.processInfo.environment
        var base = ["PATH": own["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"]
        for name in ["LD_LIBRARY_PATH", "LLVM_PROFILE_FILE", "TSAN_OPTIONS", "ASAN_OPTIONS", "UBSAN_OPTIONS"] {
            base[name] = own[name]
        }
        return base
    }
}
