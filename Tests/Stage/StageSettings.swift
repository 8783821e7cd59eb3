import Foundation
import TestSupport

/// The environment of the processes, as an operator would set it.
struct StageSettings: Sendable {
    let redisURL: String
    let databaseURL: String
    let graphURL: String
    let encryptionKey: String
    let appSecret: String
    let verifyToken: String

    /// As many random hexadecimal digits, for secrets that last as long as the performance.
    static func randomHex(_ digits: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("0123456789abcdef")
        return String((0..<digits).map { _ in alphabet[Int.random(in: 0..<16, using: &generator)] })
    }

    func ingress(port: Int, opsPort: Int) -> [String: String] {
        [
            "REDIS_URL": redisURL, "WHATSAPP_APP_SECRET": appSecret, "WHATSAPP_VERIFY_TOKEN": verifyToken,
            "INGRESS_HOST": "127.0.0.1", "INGRESS_PORT": String(port), "INGRESS_OPS_PORT": String(opsPort),
            "LOG_FORMAT": "text",
        ]
    }

    func worker(opsPort: Int) -> [String: String] {
        [
            "REDIS_URL": redisURL, "DATABASE_URL": databaseURL, "WHATSAPP_ENCRYPTION_KEY": encryptionKey,
            "GRAPH_BASE_URL": graphURL, "WORKER_OPS_PORT": String(opsPort), "CONSOLE_PORT": "", "LOG_FORMAT": "text",
        ]
    }

    /// The first port from `start` on that nothing listens on and that is not in `taken`.
    static func port(from start: Int, except taken: [Int]) throws -> Int {
        for port in start..<(start + 200) where !taken.contains(port) && isFree(port) { return port }
        throw TestSupportError("no free port between \(start) and \(start + 199)")
    }
}
