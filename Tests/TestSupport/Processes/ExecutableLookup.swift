import Foundation

/// Finds the programs that tests run: on `PATH`, then where Debian keeps what is not on it.
public enum ExecutableLookup {
    /// The absolute path of `name`.
    /// - Throws: ``TestSupportError`` naming the Debian package that holds it.
    public static func find(_ name: String, package: String) throws -> String {
        if name.contains("/") {
            guard isExecutable(name) else { throw TestSupportError("\(name) is not an executable file") }
            return name
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let folders = path.split(separator: ":").map(String.init) + ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin"]
        for folder in folders + postgresFolders() where isExecutable("\(folder)/\(name)") {
            return "\(folder)/\(name)"
        }
        throw TestSupportError("\(name) is missing: install the Debian package \(package) (apt-get install \(package))")
    }

    /// One of Postgres' own programs (`initdb`, `postgres`, `psql`), all of the newest version installed.
    ///
    /// Debian's `psql` on `PATH` is a wrapper script that picks a cluster; the real one stands beside the server.
    static func findPostgres(_ name: String, package: String) throws -> String {
        for folder in postgresFolders() where isExecutable("\(folder)/\(name)") {
            return "\(folder)/\(name)"
        }
        return try find(name, package: package)
    }

    /// The executable of this package named `name` (`ingress`, `worker`), next to the running test bundle or program.
    /// - Throws: ``TestSupportError`` saying how to build it.
    public static func builtBinary(named name: String) throws -> String {
        guard let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            throw TestSupportError("cannot read /proc/self/exe, so cannot find \(name) beside this program")
        }
        var folder = own[..<(own.lastIndex(of: "/") ?? own.endIndex)]
        for _ in 0..<4 where !folder.isEmpty {
            let candidate = "\(folder)/\(name)"
            if isExecutable(candidate) { return candidate }
            folder = folder[..<(folder.lastIndex(of: "/") ?? folder.startIndex)]
        }
        throw TestSupportError("\(name) is not built: run `swift build --product \(name)` (looked beside \(own))")
    }

    private static func postgresFolders() -> [String] {
        let root = "/usr/lib/postgresql"
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
        return versions.compactMap(Int.init).sorted(by: >).map { "\(root)/\($0)/bin" }
    }

    private static func isExecutable(_ path: String) -> Bool {
        var folder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &folder) && !folder.boolValue
            && FileManager.default.isExecutableFile(atPath: path)
    }
}

/// See ``ExecutableLookup/builtBinary(named:)``.
public func builtBinary(named name: String) throws -> String {
    try ExecutableLookup.builtBinary(named: name)
}
