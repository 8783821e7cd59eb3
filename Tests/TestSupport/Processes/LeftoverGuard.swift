import Glibc
import Synchronization

/// Ends whatever still runs when this process ends, and removes its temporary folders.
///
/// This covers every way out through `exit`. When the process is killed instead, the kernel sends each child its
/// parent-death signal (see ``ProcessSpawner``).
enum LeftoverGuard {
    private static let living = Mutex<[pid_t: SpawnedProcess]>([:])
    private static let armed = Mutex(false)

    static func arm() {
        let first = armed.withLock { armed in
            defer { armed = true }
            return !armed
        }
        if first { atexit { LeftoverGuard.endAll() } }
    }

    /// Takes a child that was just spawned into its care, until it is reaped.
    static func watch(_ pid: pid_t, endSignal: EndSignal) -> SpawnedProcess {
        arm()
        return living.withLock { living in
            // Made under the lock, so that a child that ends at once is entered before it is struck out.
            let process = SpawnedProcess(pid: pid, endSignal: endSignal) { remove(pid) }
            living[pid] = process
            return process
        }
    }

    private static func remove(_ pid: pid_t) {
        living.withLock { $0[pid] = nil }
    }

    private static func endAll() {
        let left = living.withLock { Array($0.values) }
        for process in left { process.end() }
        for process in left { process.awaitEnd(milliseconds: 3_000) }
        SessionRoot.remove()
    }
}
