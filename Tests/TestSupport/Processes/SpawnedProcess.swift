import Foundation
import Glibc
import Synchronization

/// How a process ended.
public enum ExitStatus: Sendable, Equatable, CustomStringConvertible {
    case exited(Int32)
    case signalled(Int32)

    public var description: String {
        switch self {
        case .exited(let code): "exit code \(code)"
        case .signalled(let signal): "killed by signal \(signal)"
        }
    }
}

/// What ends a program for good, by the name that `setpriv` knows.
public enum EndSignal: String, Sendable {
    case kill = "KILL"
    /// For Postgres, which gives its shared memory back only on this one.
    case quit = "QUIT"
}

/// A child process from its spawn until it is reaped: a thread of its own waits for it.
///
/// The pid is released to the system only under the same lock that guards sending signals, so that a signal can never
/// hit a stranger that was given the same pid.
final class SpawnedProcess: Sendable {
    let pid: pid_t
    let endSignal: EndSignal
    private let status = Mutex<ExitStatus?>(nil)

    /// - Parameter whenReaped: Called once, by that thread.
    init(pid: pid_t, endSignal: EndSignal, whenReaped: @escaping @Sendable () -> Void) {
        self.pid = pid
        self.endSignal = endSignal
        let waiter = Thread { [self] in
            reap()
            whenReaped()
        }
        waiter.stackSize = 256 * 1024
        waiter.start()
    }

    var exitStatus: ExitStatus? { status.withLock { $0 } }

    /// Sends a signal to the process alone or to its whole group.
    /// - Returns: Whether there was anyone to send it to.
    @discardableResult
    func signal(_ signal: Int32, group: Bool = false) -> Bool {
        status.withLock { status in
            guard status == nil else { return false }
            return kill(group ? -pid : pid, signal) == 0
        }
    }

    /// Ends it for good, also when it is suspended.
    func end() {
        switch endSignal {
        case .kill:
            signal(SIGKILL, group: true)
        case .quit:
            signal(SIGQUIT)
            signal(SIGCONT)
        }
    }

    /// Blocks until it ended; after `milliseconds` it gets SIGKILL and another second.
    func awaitEnd(milliseconds: Int) {
        for round in 0..<(milliseconds + 1_000) where exitStatus == nil {
            if round == milliseconds { signal(SIGKILL, group: true) }
            usleep(1_000)
        }
    }

    private func reap() {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        status.withLock { status in
            // The ended leader is not reaped yet, so its group's number is still ours: nothing of the group stays.
            kill(-pid, SIGKILL)
            var raw: Int32 = 0
            while waitpid(pid, &raw, 0) < 0 && errno == EINTR {}
            let signal = raw & 0x7f
            status = signal == 0 ? .exited((raw >> 8) & 0xff) : .signalled(signal)
        }
    }
}
