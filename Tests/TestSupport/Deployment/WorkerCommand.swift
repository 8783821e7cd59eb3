import Foundation

/// The Worker's commands, as an operator runs them.
public struct WorkerCommand: Sendable {
    /// What `tenant create` answers.
    public struct Tenant: Sendable {
        public let id: String
        public let apiKey: String
    }

    private let executable: String
    public let environment: [String: String]

    public init(environment: [String: String]) throws {
        executable = try builtBinary(named: "worker")
        self.environment = environment
    }

    /// Runs one command to its end, whatever its exit code.
    public func run(
        _ arguments: [String], input: String = "", within limit: Duration = .seconds(60)
    ) async throws -> ManagedProcess.Finished {
        try await ManagedProcess.run(
            executable, arguments, environment: environment, input: Array(input.utf8), within: limit)
    }

    /// Runs one command that must succeed, and returns its standard output.
    /// - Throws: ``TestSupportError`` with what it said on standard error.
    @discardableResult
    public func output(_ arguments: String..., input: String = "") async throws -> String {
        let finished = try await run(arguments, input: input)
        guard finished.succeeded else {
            throw TestSupportError(
                "`worker \(arguments.joined(separator: " "))` failed (\(finished.status)):\n\(finished.standardError)")
        }
        return finished.standardOutput
    }

    /// A fresh value for `WHATSAPP_ENCRYPTION_KEY`.
    public func generateKey() async throws -> String {
        guard let key = try await output("keys", "generate").split(separator: "\n").last else {
            throw TestSupportError("`worker keys generate` printed no key")
        }
        return String(key)
    }

    public func createTenant(
        _ name: String, phoneNumberID: String, wabaID: String, accessToken: String
    ) async throws -> Tenant {
        let output = try await output(
            "tenant", "create", name, "--phone-number-id", phoneNumberID, "--waba-id", wabaID, "--access-token-stdin",
            "--json", input: accessToken + "\n")
        guard let json = try? JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any],
            let id = json["tenant_id"], let key = json["api_key"] as? String
        else {
            throw TestSupportError("`worker tenant create --json` did not print tenant_id and api_key")
        }
        return Tenant(id: "\(id)", apiKey: key)
    }
}
