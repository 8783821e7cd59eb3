internal import Glibc

/// Reads small files whole, without Foundation: secrets and the kernel's own files under `/proc`.
enum SmallFile {
    struct ReadError: Error, CustomStringConvertible {
        let description: String

        init(errno code: Int32) {
            description = String(cString: strerror(code))
        }

        init(longerThan limit: Int) {
            description = "longer than \(limit) bytes"
        }
    }

    /// The file's bytes. Kernel files have no size of their own, so it reads until the end.
    /// - Parameter limit: The most bytes it may hold; a longer file is an error, not cut.
    static func read(_ path: String, limit: Int) throws(ReadError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ReadError(errno: errno) }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return content }
            if count < 0 {
                if errno == EINTR { continue }
                throw ReadError(errno: errno)
            }
            content += chunk[..<count]
            guard content.count <= limit else { throw ReadError(longerThan: limit) }
        }
    }
}
