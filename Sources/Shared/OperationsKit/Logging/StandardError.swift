internal import Glibc
internal import Synchronization

/// The process' standard error, written line by line: lines of several threads never mix.
enum StandardError {
    private static let turn = Mutex(())

    /// Writes all bytes. A reader that went away, or one that has read nothing for seconds, costs the line and nothing
    /// else: logging must not stop the service.
    static func write(_ bytes: [UInt8]) {
        turn.withLock { _ in
            var written = 0
            var waits = 0
            while written < bytes.count {
                let count = bytes[written...].withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
                if count > 0 {
                    written += count
                } else if errno == EAGAIN, waits < 3 {
                    // Standard error may be a pipe that someone else made non-blocking.
                    var descriptor = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
                    poll(&descriptor, 1, 1000)
                    waits += 1
                } else if errno != EINTR {
                    return
                }
            }
        }
    }

    static func writeLine(_ line: String) {
        write(Array((line.onOneLine + "\n").utf8))
    }
}
