import CMalloc
import Glibc

/// What this process asks of the C library and the kernel, once, before it does anything else.
enum ProcessResources {
    /// From this size in bytes on, memory is mapped apart and goes back to the system as soon as it is freed. Left to
    /// itself, glibc raises the bound with each large buffer freed and then keeps megabytes of bodies on its heap.
    private static let mappedFrom: Int32 = 128 * 1_024
    /// Descriptors for everything that is not a sender's connection: listeners, Redis, the operators, and senders that are
    /// being turned away.
    private static let descriptorsKeptBack = 384

    static func keepLargeBuffersApart() {
        mallopt(M_MMAP_THRESHOLD, mappedFrom)
    }

    /// Raises the soft limit of open files to the hard one.
    /// - Returns: How many connections may be open with it.
    static func raiseOpenFiles() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 512 }
        let current = limit.rlim_cur
        limit.rlim_cur = limit.rlim_max
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 { limit.rlim_cur = current }
        return max(64, Int(clamping: limit.rlim_cur) - descriptorsKeptBack)
    }
}
