import TestSupport
import Testing

@testable import OperationsKit

@Suite struct SecretTests {
    private let expected = "the app secret of Meta's app"
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder("secrets")
    }

    @Test func aSecretShowsItsValueOnlyWhenAsked() {
        let secret = Secret("hunter2")
        #expect(secret.reveal() == "hunter2")
        for text in descriptions(of: secret) { #expect(!text.contains("hunter2")) }
        #expect("\(secret)" == "<redacted>")
        #expect(String(reflecting: secret) == "<redacted>")
        #expect(descriptions(of: ["a": [secret]]).allSatisfy { !$0.contains("hunter2") })
        #expect(descriptions(of: Result<Secret, SettingError>.success(secret)).allSatisfy { !$0.contains("hunter2") })
    }

    @Test func aSecretComesFromItsVariable() throws {
        let settings = Settings(environment: ["KEY": "hunter2"])
        #expect(try settings.secret("KEY")?.reveal() == "hunter2")
        #expect(try settings.requiredSecret("KEY", expected: expected).reveal() == "hunter2")
    }

    @Test(arguments: ["hunter2", "hunter2\n", "hunter2\r\n", "hunter2\n\n"])
    func aSecretComesFromItsFileWithoutTheLineEnd(content: String) throws {
        let file = try secretFile(content)
        let settings = Settings(environment: ["KEY_FILE": file, "KEY": ""])
        #expect(try settings.secret("KEY")?.reveal() == "hunter2")
        #expect(try settings.requiredSecret("KEY", expected: expected).reveal() == "hunter2")
    }

    @Test func linesInsideASecretFileStay() throws {
        let file = try secretFile("-----BEGIN-----\nabc\n-----END-----\n")
        let secret = try Settings(environment: ["KEY_FILE": file]).secret("KEY")
        #expect(secret?.reveal() == "-----BEGIN-----\nabc\n-----END-----")
    }

    @Test(arguments: [[:], ["KEY": ""], ["KEY_FILE": ""], ["KEY": "", "KEY_FILE": ""]])
    func anOptionalSecretSetToNothingIsNone(environment: [String: String]) throws {
        #expect(try Settings(environment: environment).secret("KEY") == nil)
    }

    @Test(arguments: [
        ([:], "KEY: is not set"), (["KEY": ""], "KEY: is set, but empty"), (["KEY_FILE": ""], "KEY: is not set"),
    ])
    func aRequiredSecretMustBeThere(environment: [String: String], start: String) {
        let line = message {
            _ = try Settings(environment: environment).requiredSecret("KEY", expected: expected)
        }
        #expect(line == "\(start); expected \(expected) (or KEY_FILE, the path of a file that holds it)")
    }

    @Test(arguments: [
        ("  \t ", "holds only whitespace"), ("hunter2 ", "begins or ends with whitespace"),
        ("\nhunter2", "begins or ends with whitespace"), ("hunter2\n", "begins or ends with whitespace"),
    ])
    func whitespaceIsNoSecretAndNotPartOfOne(value: String, problem: String) {
        let settings = Settings(environment: ["KEY": value])
        let lines = [
            message { _ = try settings.secret("KEY") },
            message { _ = try settings.requiredSecret("KEY", expected: expected) },
        ]
        for line in lines {
            #expect(line.hasPrefix("KEY: \(problem); expected "))
            #expect(!line.contains("hunter2"))
        }
    }

    @Test(arguments: [
        ("", "the file is empty"), ("\n\n", "the file is empty"), (" \n", "the file holds only whitespace"),
        (" hunter2\n", "the file begins or ends with whitespace"),
    ])
    func aBlankSecretFileIsRefused(content: String, problem: String) throws {
        let file = try secretFile(content)
        let settings = Settings(environment: ["KEY_FILE": file])
        let line = message { _ = try settings.secret("KEY") }
        #expect(line.hasPrefix("KEY_FILE: \(problem); expected "))
        #expect(!line.contains("hunter2"))
    }

    @Test(arguments: [("a", ["a"]), ("a,b", ["a", "b"]), ("old , new", ["old", "new"]), ("a b,c", ["a b", "c"])])
    func severalSecretsAreSeparatedByCommas(value: String, secrets: [String]) throws {
        let settings = Settings(environment: ["KEY": value])
        #expect(try settings.requiredSecrets("KEY", expected: expected).map { $0.reveal() } == secrets)
    }

    @Test(arguments: [",", "hunter2,", ",hunter2", "hunter2,,hunter3", "hunter2, ,hunter3", "hunter2,\u{A0}"])
    func aBlankOneAmongSeveralSecretsIsRefused(value: String) {
        let settings = Settings(environment: ["KEY": value])
        let line = message { _ = try settings.requiredSecrets("KEY", expected: expected) }
        let isBlankEnd = value.last?.isWhitespace == true
        let problem =
            isBlankEnd ? "begins or ends with whitespace" : "has nothing before, between or after its commas"
        #expect(line.hasPrefix("KEY: \(problem); expected the app secret of Meta's app"))
        #expect(!line.contains("hunter"))
    }

    @Test func aSecretGivenTwiceIsRefused() throws {
        let file = try secretFile("hunter2")
        let settings = Settings(environment: ["KEY": "hunter3", "KEY_FILE": file])
        let line = message { _ = try settings.secret("KEY") }
        #expect(line == "KEY: is set, and KEY_FILE too; expected only one of the two")
    }

    @Test func aSecretPutWhereThePathBelongsIsNotShown() {
        let settings = Settings(environment: ["KEY_FILE": "hunter2"])
        let line = message { _ = try settings.secret("KEY") }
        #expect(line.hasPrefix("KEY_FILE: the file cannot be read (No such file or directory); expected the path"))
        #expect(!line.contains("hunter2"))
    }

    @Test func aDirectoryIsNoSecretFile() {
        let line = message { _ = try Settings(environment: ["KEY_FILE": "/"]).secret("KEY") }
        #expect(line.hasPrefix("KEY_FILE: the file cannot be read (Is a directory)"))
    }

    @Test func aHugeOrBinarySecretFileIsRefused() throws {
        let huge = try secretFile(String(repeating: "x", count: Settings.secretFileLimit + 1))
        let hugeLine = message {
            _ = try Settings(environment: ["KEY_FILE": huge]).secret("KEY")
        }
        #expect(hugeLine.hasPrefix("KEY_FILE: the file cannot be read (longer than 65536 bytes)"))
        let binary = try secretFile([0xFF, 0xFE, 0x00])
        let binaryLine = message {
            _ = try Settings(environment: ["KEY_FILE": binary]).secret("KEY")
        }
        #expect(binaryLine.hasPrefix("KEY_FILE: the file is not UTF-8 text"))
    }

    private func secretFile(_ content: String) throws -> String {
        try secretFile(Array(content.utf8))
    }

    private func secretFile(_ content: [UInt8]) throws -> String {
        try folder.write(content, to: "secret-\(content.count)")
    }
}
