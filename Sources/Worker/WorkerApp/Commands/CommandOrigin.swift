import Glibc

/// Who runs a command, as the audit log keeps it.
enum CommandOrigin {
    /// `cli:` and the user's name.
    static var text: String { "cli:\(systemUser())" }

    /// The name of the user who runs the command, for the audit log; the number where there is no name.
    private static func systemUser() -> String {
        let id = getuid()
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        var buffer = [CChar](repeating: 0, count: 16 * 1024)
        return buffer.withUnsafeMutableBufferPointer { texts in
            // The entry's name points into `texts`, so it is copied out before `texts` ends.
            guard let start = texts.baseAddress, getpwuid_r(id, &entry, start, texts.count, &found) == 0,
                found != nil, let name = entry.pw_name
            else { return String(id) }
            return String(cString: name)
        }
    }
}
