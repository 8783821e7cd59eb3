import ArgumentParser
import Glibc

/// What a command reads and writes besides its results.
enum StandardStreams {
    struct InputError: Error, CustomStringConvertible {
        let description: String
    }

    /// More than any access token has.
    private static let inputLimit = 64 * 1024

    static func writeError(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
            if written > 0 {
                rest = rest.dropFirst(written)
            } else if errno != EINTR {
                return
            }
        }
    }

    /// The terminal's Ctrl-C, as a byte.
    private static let interrupt: UInt8 = 3

    /// All of standard input without one newline at its end. From a terminal: one line, asked for on standard error and
    /// not shown while it is typed; Ctrl-C there throws exit code 130, as shells have it.
    static func readSecret(prompt: String) throws -> String {
        let isTerminal = isatty(STDIN_FILENO) == 1
        guard isTerminal else { return try readInput(oneLine: false) }
        writeError(prompt)
        var shown = termios()
        let canHide = tcgetattr(STDIN_FILENO, &shown) == 0
        if canHide {
            var hidden = shown
            // Without a signal the terminal is always restored; instead Ctrl-C ends the line like Enter does.
            hidden.c_lflag &= ~tcflag_t(ECHO | ISIG)
            withUnsafeMutableBytes(of: &hidden.c_cc) { $0[Int(VEOL)] = interrupt }
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        }
        defer {
            if canHide { tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown) }
            writeError("\n")
        }
        return try readInput(oneLine: true)
    }

    /// All of standard input, at most 64 KiB of UTF-8, without one newline at its end.
    static func readAll() throws -> String { try readInput(oneLine: false) }

    private static func readInput(oneLine: Bool) throws -> String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw InputError(description: "standard input cannot be read: \(String(cString: strerror(errno)))")
            }
            bytes.append(contentsOf: chunk.prefix(count))
            guard bytes.count <= inputLimit else {
                throw InputError(description: "standard input holds more than \(inputLimit) bytes")
            }
            if oneLine && bytes.last == interrupt { throw ExitCode(130) }
            if count == 0 || oneLine && bytes.last == UInt8(ascii: "\n") { break }
        }
        return try text(bytes)
    }

    private static func text(_ bytes: [UInt8]) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw InputError(description: "standard input is not UTF-8 text")
        }
        // "\r\n" is one Character.
        return text.last?.isNewline == true && (text.hasSuffix("\n") || text.hasSuffix("\r\n"))
            ? String(text.dropLast()) : text
    }
}
