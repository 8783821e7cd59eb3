import Glibc

/// Whether every user may pass through the folder and each one above it.
public func isPassableForAll(_ folder: String) -> Bool {
    guard folder.hasPrefix("/") else { return false }
    var path = ""
    return folder.split(separator: "/").allSatisfy { part in
        path += "/\(part)"
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IXOTH != 0
    }
}
