import CLibPQ
import Glibc

/// An event descriptor that ends a connection's wait from any thread.
///
/// A wake-up says nothing by itself: whoever wakes looks at its own deadline and cancellation, so a stray one is
/// harmless.
final class WakeUp: Sendable {
    let descriptor: Int32

    init() throws(PostgresError) {
        descriptor = eventfd(0, Int32(EFD_NONBLOCK | EFD_CLOEXEC))
        guard descriptor >= 0 else { throw .cannotConnect("no event descriptor is to be had: errno \(errno)") }
    }

    deinit {
        _ = close(descriptor)
    }

    func signal() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    func clear() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    }
}
