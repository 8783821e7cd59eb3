import Foundation
import GraphSimulator
import TestSupport

/// The Worker's commands that prepare a machine, as an operator runs them.
struct WorkerCommand: Sendable {
    let executable: String

    /// A fresh value for `WHATSAPP_ENCRYPTION_KEY`.
    func generateKey() async throws -> String {
        let output = try await run(["keys", "generate"], [:])
        guard let key = output.split(separator: "\n").last, !key.isEmpty else {
            throw TestSupportError("`worker keys generate` printed no key")
        }
        return String(key)
    }

    func migrate(_ environment: [String: String]) async throws {
        _ = try await run(["migrate"], environment)
    }

    /// Creates the tenant that the screenplay's number belongs to.
    func createTenant(_ environment: [String: String]) async throws -> (id: String, key: String) {
        let number = Screenplay.number
        let output = try await run(
            [
                "tenant", "create", number.verifiedName, "--phone-number-id", number.phoneNumberID, "--waba-id",
                number.wabaID, "--access-token-stdin", "--json",
            ], environment, input: number.accessToken + "\n")
        guard let json = try? JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any],
            let id = json["tenant_id"], let key = json["api_key"] as? String
        else {
            throw TestSupportError("`worker tenant create --json` did not print tenant_id and api_key")
        }
        return ("\(id)", key)
    }

    private func run(
        _ arguments: [String], _ environment: [String: String], input: String? = nil
    ) async throws -> String {
        let finished = try await ManagedProcess.run(
            executable, arguments, environment: environment, input: input.map { Array($0.utf8) },
            within: .seconds(60))
        guard finished.succeeded else {
            throw TestSupportError(
                "`worker \(arguments.joined(separator: " "))` failed:\n\(finished.standardError)")
        }
        return finished.standardOutput
    }
}
