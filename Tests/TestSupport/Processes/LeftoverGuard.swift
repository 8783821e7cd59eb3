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

    static func add(_ process: SpawnedProcess) {
        arm()
        living.withLock { $0[process.pid] = process }
    }

    static func remove(_ pid: pid_t) {
        living.withLock { $0[pid] = nil }
    }

    private static func endAll() {
        let left = living.withLock { Array($0.values) }
        for process in left { process.end() }
        for process in left { process.awaitEnd(milliseconds: 3_000) }
        SessionRoot.remove()
    }
}
