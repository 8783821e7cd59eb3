import TestSupport
import Testing

/// `worker keys rotate`, as an operator uses it.
@Suite("Rotating the encryption key")
struct KeyRotationTests {
    @Test("tokens are sealed under the first key, and then the old key can go")
    func rotate() async throws {
        let server = try await PostgresServer.shared()
        let url = try await server.createDatabase()
        let generator = try WorkerCommand(environment: [:])
        let (old, new) = ("old:" + (try await generator.generateKey()), "new:" + (try await generator.generateKey()))
        func command(_ keys: String) throws -> WorkerCommand {
            try WorkerCommand(environment: ["DATABASE_URL": url, "WHATSAPP_ENCRYPTION_KEY": keys])
        }
        try await command(old).output("migrate")
        for index in 0..<3 {
            _ = try await command(old).createTenant(
                "T\(index)", phoneNumberID: "10\(index)", wabaID: "42", accessToken: "EAAG-token-\(index)")
        }
        // A row that was copied to another tenant opens under no key.
        _ = try await server.sql(
            """
            update whatsapp_configs set access_token = (select access_token from whatsapp_configs where phone_number_id = '101')
            where phone_number_id = '102'
            """, on: url)
        let early = try await command(new).run(["keys", "rotate"])
        #expect(!early.succeeded && !early.standardError.contains("EAAG"))

        let first = try await command("\(new),\(old)").run(["keys", "rotate"])
        #expect(first.standardOutput.hasPrefix("2 access tokens are sealed anew under the key new."))
        #expect(first.status == .exited(1) && first.standardError.contains("no configured key opens"))
        _ = try await server.sql("delete from whatsapp_configs where phone_number_id = '102'", on: url)
        let again = try await command("\(new),\(old)").output("keys", "rotate")
        #expect(again.hasPrefix("0 access tokens"))

        let after = try await command(new).output("keys", "rotate")
        #expect(after.hasPrefix("0 access tokens"))
        let locked = try await command(old).run(["keys", "rotate"])
        #expect(!locked.succeeded)
    }
}
