/// The environment of the processes, as an operator would set it.
public struct DeploymentSettings: Sendable {
    public var redisURL: String
    public var databaseURL: String
    /// `GRAPH_BASE_URL`: never Meta's own.
    public var graphURL: String
    public var encryptionKey: String
    public var appSecret: String
    public var verifyToken: String
    /// More variables, for all processes.
    public var more: [String: String]

    /// What an Ingress needs.
    public func ingress(port: Int, opsPort: Int) -> [String: String] {
        let own = [
            "REDIS_URL": redisURL, "WHATSAPP_APP_SECRET": appSecret, "WHATSAPP_VERIFY_TOKEN": verifyToken,
            "INGRESS_HOST": "127.0.0.1", "INGRESS_PORT": String(port), "INGRESS_OPS_PORT": String(opsPort),
            "LOG_FORMAT": "text",
        ]
        return own.merging(more) { $1 }
    }

    /// What a Worker needs; also its commands, which look at no port.
    public func worker(opsPort: Int) -> [String: String] {
        let own = [
            "REDIS_URL": redisURL, "DATABASE_URL": databaseURL, "WHATSAPP_ENCRYPTION_KEY": encryptionKey,
            "GRAPH_BASE_URL": graphURL, "WORKER_OPS_PORT": String(opsPort), "CONSOLE_PORT": "", "LOG_FORMAT": "text",
        ]
        return own.merging(more) { $1 }
    }

    /// As many random hexadecimal digits, for secrets that last as long as a test.
    public static func randomHex(_ digits: Int) -> String {
        let alphabet = Array("0123456789abcdef")
        return String((0..<digits).map { _ in alphabet[Int.random(in: 0..<16)] })
    }
}
