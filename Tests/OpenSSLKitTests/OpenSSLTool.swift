import Foundation

/// The `openssl` command: a second opinion from outside of the process.
enum OpenSSLTool {
    struct Failure: Error {
        let status: Int32
        let output: String
    }

    static func sha256(of message: [UInt8]) throws -> String {
        try digest(["dgst", "-sha256", "-r"], of: message)
    }

    static func hmacSHA256(of message: [UInt8], hexKey: String) throws -> String {
        try digest(["dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:\(hexKey)", "-r"], of: message)
    }

    /// `-r` writes the digits, a space and the name of the input.
    private static func digest(_ arguments: [String], of message: [UInt8]) throws -> String {
        String(try run(arguments, input: message).prefix { $0 != " " })
    }

    static func run(_ arguments: [String], input: [UInt8]) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("openssl-input-\(UUID().uuidString)")
        try Data(input).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let output = Pipe()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["openssl"] + arguments
        process.standardInput = try FileHandle(forReadingFrom: file)
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(status: process.terminationStatus, output: text)
        }
        return text
    }
}
