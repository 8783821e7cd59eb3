import Foundation
import Logging
import OpenSSLKit
import Postgres
import TestSupport
import Testing

@testable import Tenants

/// The built program, as an operator and a script use it.
@Suite("The worker's commands")
struct WorkerCommandTests {
    private static let key = EncryptionKeyRingTests.first

    private struct CreatedLine: Decodable {
        let tenantID: String
        let apiKey: String

        enum CodingKeys: String, CodingKey {
            case tenantID = "tenant_id"
            case apiKey = "api_key"
        }
    }

    private func worker(
        _ arguments: [String], _ environment: [String: String] = [:], input: String? = nil
    ) async throws -> ManagedProcess.Finished {
        try await ManagedProcess.run(
            builtBinary(named: "worker"), arguments, environment: environment, input: input.map { Array($0.utf8) })
    }

    private func creation(_ name: String, number: String) -> [String] {
        ["tenant", "create", name, "--phone-number-id", number, "--access-token-stdin"]
    }

    private func freshDatabase() async throws -> String {
        try await PostgresServer.shared().createDatabase()
    }

    @Test("a generated key is one line that the key ring takes, without any setting")
    func generate() async throws {
        let finished = try await worker(["keys", "generate"])
        #expect(finished.succeeded)
        #expect(finished.standardError.isEmpty)
        let lines = finished.standardOutput.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 2 && lines.last == "")
        #expect(try EncryptionKeyRing(parsing: String(try #require(lines.first))).keyIDs.count == 1)
    }

    @Test("a name cannot steer the terminal of whoever lists it")
    func hostileName() async throws {
        let url = try await freshDatabase()
        #expect(try await worker(["migrate"], ["DATABASE_URL": url]).succeeded)
        _ = try await PostgresServer.shared().sql(
            "insert into tenants (name) values (E'Acme\\u202Eemca\\u2066 \\x1B[2J')", on: url)
        let list = try await worker(["tenant", "list"], ["DATABASE_URL": url])
        #expect(list.succeeded && list.standardOutput.contains("Acme\u{FFFD}emca\u{FFFD} \u{FFFD}[2J"))
        let json = try await worker(["tenant", "list", "--json"], ["DATABASE_URL": url])
        #expect(json.standardOutput.contains(#""name":"Acme\u202eemca\u2066 \u001b[2J""#), "\(json.standardOutput)")
    }

    @Test("migrate, create and list, each with only the settings that it uses")
    func wholePath() async throws {
        let url = try await freshDatabase()
        let database = ["DATABASE_URL": url]
        let sealing = database.merging(["WHATSAPP_ENCRYPTION_KEY": Self.key]) { $1 }
        #expect(try await worker(["migrate"], database).succeeded)
        let again = try await worker(["migrate"], database)
        #expect(again.succeeded && again.standardOutput.contains("already"))

        let creation = creation("Acme", number: "106540352242922") + ["--waba-id", "42", "--json"]
        let created = try await worker(creation, sealing, input: "EAAG-the-token\n")
        #expect(created.succeeded)
        #expect(created.standardOutput.filter { $0 == "\n" }.count == 1)
        let line = try JSONDecoder().decode(CreatedLine.self, from: Data(created.standardOutput.utf8))
        #expect(APIKey(presented: line.apiKey) != nil)
        #expect(!(created.standardOutput + created.standardError).contains("EAAG"))

        let sealed = try await PostgresServer.shared().sql(
            "select encode(access_token, 'hex') from whatsapp_configs where tenant_id = \(line.tenantID)", on: url)
        let sealer = TokenSealer(ring: try EncryptionKeyRing(parsing: Self.key))
        let token = try sealer.open(
            try #require(Hex.decode(sealed)), tenantID: TenantID(try #require(Int64(line.tenantID))),
            phoneNumberID: try #require(PhoneNumberID("106540352242922")))
        #expect(token.reveal() == "EAAG-the-token")

        let listing = try await worker(["tenant", "list", "--json"], database)
        let items = try #require(
            try JSONSerialization.jsonObject(with: Data(listing.standardOutput.utf8)) as? [[String: Any]])
        #expect(items.count == 1)
        #expect(items.first?["tenant_id"] as? String == line.tenantID)
        #expect(items.first?["name"] as? String == "Acme")
        #expect(items.first?["phone_number_id"] as? String == "106540352242922")
        #expect(items.first?["waba_id"] as? String == "42")
        #expect(items.first?["is_active"] as? Bool == true)
        let table = try await worker(["tenant", "list"], database)
        #expect(table.succeeded && table.standardOutput.contains("106540352242922"))
        #expect(!(listing.standardOutput + table.standardOutput).contains("EAAG"))
    }

    @Test("a number that is taken ends with 1 and names it; nothing goes to standard output")
    func taken() async throws {
        let settings = ["DATABASE_URL": try await freshDatabase(), "WHATSAPP_ENCRYPTION_KEY": Self.key]
        #expect(try await worker(["migrate"], settings).succeeded)
        let first = try await worker(creation("A", number: "777"), settings, input: "token")
        #expect(first.succeeded && first.standardOutput.contains("qlk_"))
        let second = try await worker(creation("B", number: "777"), settings, input: "token")
        #expect(second.status == .exited(1))
        #expect(second.standardError.contains("777"))
        #expect(second.standardError.filter { $0 == "\n" }.count == 1)
        #expect(second.standardOutput.isEmpty)
    }

    @Test("a database without tables says what to run")
    func noSchema() async throws {
        let settings = ["DATABASE_URL": try await freshDatabase(), "WHATSAPP_ENCRYPTION_KEY": Self.key]
        for finished in [
            try await worker(creation("A", number: "1"), settings, input: "token"),
            try await worker(["tenant", "list"], settings),
        ] {
            #expect(finished.status == .exited(1))
            #expect(finished.standardError.contains("worker migrate"))
            #expect(finished.standardOutput.isEmpty)
        }
    }

    @Test("another encryption key than the database knows ends with 78 and creates nothing")
    func wrongKey() async throws {
        let url = try await freshDatabase()
        let right = ["DATABASE_URL": url, "WHATSAPP_ENCRYPTION_KEY": Self.key]
        let wrong = ["DATABASE_URL": url, "WHATSAPP_ENCRYPTION_KEY": EncryptionKeyRingTests.second]
        #expect(try await worker(["migrate"], right).succeeded)
        #expect(try await worker(creation("A", number: "1"), right, input: "token").succeeded)
        let refused = try await worker(creation("B", number: "2"), wrong, input: "token")
        #expect(refused.status == .exited(78))
        #expect(refused.standardError.hasPrefix("WHATSAPP_ENCRYPTION_KEY: "))
        #expect(!refused.standardError.contains(EncryptionKeyRingTests.second))
        #expect(try await PostgresServer.shared().sql("select count(*) from tenants", on: url) == "1")
    }

    @Test(
        "wrong usage ends with 64 and says what is wrong",
        arguments: [
            (["tenant", "create", "A", "--phone-number-id", "1"], "--access-token-stdin"),
            (["tenant", "create", "A", "--phone-number-id", "1 2", "--access-token-stdin"], "--phone-number-id"),
            (["tenant", "create", "A", "--phone-number-id", "", "--access-token-stdin"], "--phone-number-id"),
            (["tenant", "create", " ", "--phone-number-id", "1", "--access-token-stdin"], "NAME"),
            (["tenant", "create", "--phone-number-id", "1", "--access-token-stdin"], "name"),
            (["tenant", "create", "A", "--access-token-stdin"], "--phone-number-id"),
            (["nonsense"], "nonsense"),
        ])
    func usage(arguments: [String], word: String) async throws {
        let finished = try await worker(arguments, input: "token")
        #expect(finished.status == .exited(64))
        #expect(finished.standardError.contains(word))
        #expect(finished.standardOutput.isEmpty)
    }

    @Test("an empty token is wrong usage", arguments: ["", "\n", "\r\n"])
    func emptyToken(input: String) async throws {
        let settings = [
            "DATABASE_URL": "postgres://127.0.0.1:1/none", "WHATSAPP_ENCRYPTION_KEY": Self.key,
        ]
        let finished = try await worker(creation("A", number: "1"), settings, input: input)
        #expect(finished.status == .exited(64))
        #expect(finished.standardError.contains("empty"))
    }

    @Test("a missing or wrong setting ends with 78 and one line that names it")
    func settings() async throws {
        let url = "postgres://127.0.0.1:1/none"
        let cases: [([String], [String: String], String)] = [
            (["migrate"], [:], "DATABASE_URL"),
            (["migrate"], ["DATABASE_URL": "mysql://secretpart"], "DATABASE_URL"),
            (["tenant", "list"], [:], "DATABASE_URL"),
            (creation("A", number: "1"), [:], "DATABASE_URL"),
            (creation("A", number: "1"), ["DATABASE_URL": url], "WHATSAPP_ENCRYPTION_KEY"),
            (
                creation("A", number: "1"), ["DATABASE_URL": url, "WHATSAPP_ENCRYPTION_KEY": "secretpart"],
                "WHATSAPP_ENCRYPTION_KEY"
            ),
        ]
        for (arguments, environment, variable) in cases {
            let finished = try await worker(arguments, environment, input: "token")
            #expect(finished.status == .exited(78))
            #expect(finished.standardError.hasPrefix("\(variable): "))
            #expect(finished.standardError.filter { $0 == "\n" }.count == 1)
            #expect(!finished.standardError.contains("secretpart"))
        }
    }

    @Test("a database that does not answer ends with 69")
    func unreachable() async throws {
        let port = try freePort()
        let settings = ["DATABASE_URL": "postgres://127.0.0.1:\(port)/none"]
        for arguments in [["migrate"], ["tenant", "list"]] {
            let finished = try await worker(arguments, settings)
            #expect(finished.status == .exited(69))
            #expect(finished.standardOutput.isEmpty)
        }
    }
}
