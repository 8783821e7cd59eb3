import Foundation
import Glibc
import Synchronization

/// Spawns children from one thread that lives as long as the process.
///
/// Each child asks the kernel for a signal at its parent's death (`setpriv --pdeathsig`), so that nothing is left
/// behind even when the tests are killed by SIGKILL. The kernel takes the death of the spawning *thread* for the
/// parent's, hence the one lasting thread.
final class ProcessSpawner: Sendable {
    struct Request: Sendable {
        var arguments: [String]
        var environment: [String: String]
        /// Read from the start; nil for /dev/null.
        var inputPath: String?
        /// nil: the child writes where this process does.
        var outputPath: String?
        var errorPath: String?
    }

    static let shared = ProcessSpawner()

    private let waiting = Mutex<[@Sendable () -> Void]>([])
    private let arrived = DispatchSemaphore(value: 0)

    private init() {
        let thread = Thread { [self] in
            while true {
                arrived.wait()
                let job = waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                job?()
            }
        }
        thread.name = "process-spawner"
        thread.start()
    }

    /// - Throws: ``TestSupportError`` when the program cannot be started.
    func spawn(_ request: Request) throws -> pid_t {
        let answer = Answer()
        waiting.withLock { $0.append { answer.give(Self.spawnNow(request)) } }
        arrived.signal()
        return try answer.take().get()
    }

    private final class Answer: Sendable {
        private let result = Mutex<Result<pid_t, TestSupportError>?>(nil)
        private let given = DispatchSemaphore(value: 0)

        func give(_ value: Result<pid_t, TestSupportError>) {
            result.withLock { $0 = value }
            given.signal()
        }

        func take() -> Result<pid_t, TestSupportError> {
            given.wait()
            return result.withLock { $0 } ?? .failure(TestSupportError("the spawning thread gave no answer"))
        }
    }

    private static func spawnNow(_ request: Request) -> Result<pid_t, TestSupportError> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, request.inputPath ?? "/dev/null", O_RDONLY, 0)
        if let path = request.outputPath {
            posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        if let path = request.errorPath {
            posix_spawn_file_actions_addopen(&actions, 2, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        // Nothing else of ours: a child that holds a listening socket or a pipe keeps it alive beyond its owner.
        for descriptor in openDescriptors() where descriptor > 2 {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own (a terminal's Ctrl-C reaches this process first), and no inherited signal settings.
        posix_spawnattr_setpgroup(&attributes, 0)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var pid: pid_t = 0
        let code = withCStrings(request.arguments) { arguments in
            withCStrings(request.environment.map { "\($0.key)=\($0.value)" }) { environment in
                posix_spawn(&pid, request.arguments[0], &actions, &attributes, arguments, environment)
            }
        }
        guard code == 0 else {
            return .failure(TestSupportError("cannot start \(request.arguments): \(errorText(code))"))
        }
        return .success(pid)
    }

    /// One that is closed before the spawn does no harm: the C library overlooks failures to close.
    private static func openDescriptors() -> [Int32] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []).compactMap(Int32.init)
    }

    /// The strings live until `body` returns.
    private static func withCStrings<Result>(
        _ texts: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
    ) -> Result {
        let pointers = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: texts.count + 1)
        for (index, text) in texts.enumerated() { pointers[index] = strdup(text) }
        pointers[texts.count] = nil
        defer {
            for index in texts.indices { free(pointers[index]) }
            pointers.deallocate()
        }
        return body(pointers)
    }
}
