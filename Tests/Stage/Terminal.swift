import Foundation

/// What people read: results on standard output, trouble on standard error. A closed terminal is no trouble.
enum Terminal {
    static func show(_ line: String = "") {
        try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }

    static func complain(_ line: String) {
        try? FileHandle.standardError.write(contentsOf: Data((line + "\n").utf8))
    }
}
