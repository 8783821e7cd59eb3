internal import Glibc

/// What Linux knows about this process, under the names that Prometheus' own clients use.
struct ProcessMetrics {
    /// proc(5): the pages in memory are the second number.
    static func residentBytes(statm: String, pageSize: Int) -> Double? {
        let fields = statm.split(separator: " ")
        guard fields.count >= 2, let pages = Int(fields[1]) else { return nil }
        return Double(pages * pageSize)
    }

    static func virtualBytes(statm: String, pageSize: Int) -> Double? {
        guard let pages = statm.split(separator: " ").first.flatMap({ Int($0) }) else { return nil }
        return Double(pages * pageSize)
    }

    /// proc(5): field 22 of `/proc/self/stat`, in clock ticks since the boot, whose time is `btime` of `/proc/stat`. The
    /// second field is a name in parentheses that may hold anything, so counting begins behind the last parenthesis.
    static func startSeconds(stat: String, systemStat: String, ticksPerSecond: Int) -> Double? {
        guard let nameEnd = stat.lastIndex(of: ")"), ticksPerSecond > 0 else { return nil }
        let fields = stat[stat.index(after: nameEnd)...].split(separator: " ")
        let boot = systemStat.split(separator: "\n").first { $0.hasPrefix("btime ") }
        guard fields.count > 19, let ticks = Int(fields[19]), let bootSeconds = boot.flatMap({ Int($0.dropFirst(6)) })
        else { return nil }
        return Double(bootSeconds) + Double(ticks) / Double(ticksPerSecond)
    }

    /// User and system time of all threads so far.
    static func cpuSeconds() -> Double {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Double(seconds) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    /// The number of open file descriptors, without the one that counts them.
    static func openDescriptors() -> Double? {
        guard let directory = opendir("/proc/self/fd") else { return nil }
        defer { closedir(directory) }
        var entries = 0
        while readdir(directory) != nil { entries += 1 }
        // Without ".", ".." and the directory itself.
        return Double(max(0, entries - 3))
    }

    static func descriptorLimit() -> Double? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return Double(limit.rlim_cur)
    }

    static func text(_ path: String) -> String {
        guard let bytes = try? SmallFile.read(path, limit: 1 << 20) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension PrometheusRegistry {
    /// Adds the process' own metrics (memory, CPU, descriptors, start) and `quoteline_build_info{version}`.
    public func addProcessMetrics(version: String = BuildInfo.version) {
        gauge("quoteline_build_info", help: "The build that runs; always 1.", labels: [("version", version)]).set(1)
        let pageSize = sysconf(Int32(_SC_PAGESIZE))
        let start = ProcessMetrics.startSeconds(
            stat: ProcessMetrics.text("/proc/self/stat"), systemStat: ProcessMetrics.text("/proc/stat"),
            ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)))
        onScrape { samples in
            let statm = ProcessMetrics.text("/proc/self/statm")
            samples.counter(
                "process_cpu_seconds_total", help: "User and system CPU time spent, in seconds.",
                ProcessMetrics.cpuSeconds())
            if let bytes = ProcessMetrics.residentBytes(statm: statm, pageSize: pageSize) {
                samples.gauge("process_resident_memory_bytes", help: "Resident memory, in bytes.", bytes)
            }
            if let bytes = ProcessMetrics.virtualBytes(statm: statm, pageSize: pageSize) {
                samples.gauge("process_virtual_memory_bytes", help: "Virtual memory, in bytes.", bytes)
            }
            if let descriptors = ProcessMetrics.openDescriptors() {
                samples.gauge("process_open_fds", help: "Open file descriptors.", descriptors)
            }
            if let limit = ProcessMetrics.descriptorLimit() {
                samples.gauge("process_max_fds", help: "The most file descriptors that may be open.", limit)
            }
            if let start {
                samples.gauge(
                    "process_start_time_seconds", help: "When the process started, in seconds since 1970.", start)
            }
        }
    }
}
