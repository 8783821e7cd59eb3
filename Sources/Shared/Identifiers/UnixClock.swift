#if canImport(Glibc)
    internal import Glibc
#endif

/// The wall clock, for stamps that leave the process. Durations are measured with `ContinuousClock`.
public enum UnixClock {
    /// Milliseconds since 1970.
    public static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
