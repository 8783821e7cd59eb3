import Foundation

/// Who descends from whom, as /proc tells.
public enum ProcessTree {
    /// The pids of the direct children of `parent`.
    public static func children(of parent: Int32) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap(Int32.init).filter { pid in
            let fields = fields(of: pid)
            return fields.count > 1 && Int32(fields[1]) == parent
        }
    }

    /// The kernel's letter for what the process is doing: R, S, D, T (stopped), Z (ended, not reaped); nil when gone.
    public static func state(of pid: Int32) -> String? { fields(of: pid).first }

    /// What stands behind the name: state, parent, group …
    private static func fields(of pid: Int32) -> [String] {
        guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return [] }
        // pid (name) state ppid …; the name may hold spaces and parentheses.
        let stat = String(decoding: data, as: UTF8.self)
        guard let end = stat.lastIndex(of: ")") else { return [] }
        return stat[stat.index(after: end)...].split(separator: " ").map(String.init)
    }
}
