import TestSupport
import Testing

@testable import OperationsKit

@Suite struct RedisSettingsTests {
    @Test func theURLComesFromItsVariableOrItsFile() throws {
        let folder = try TemporaryFolder("redis-settings")
        let file = try folder.write("redis://:hunter2@host\n", to: "url")
        #expect(try Settings(environment: [:]).redisURL().reveal() == "redis://127.0.0.1:6379/0")
        #expect(try Settings(environment: ["REDIS_URL": "redis://a"]).redisURL().reveal() == "redis://a")
        let fromFile = Settings(environment: ["REDIS_URL_FILE": file])
        #expect(try fromFile.redisURL().reveal() == "redis://:hunter2@host")
    }

    @Test func anEmptyURLDoesNotSilentlyBecomeTheDefault() {
        let settings = Settings(environment: ["REDIS_URL": ""])
        #expect(throws: SettingError.self) { try settings.redisURL() }
    }

    @Test(arguments: ["wa", "a:b", "A-1_b.c", String(repeating: "x", count: 64)])
    func aPlainPrefixIsTaken(prefix: String) throws {
        #expect(try Settings(environment: ["QUEUE_PREFIX": prefix]).queuePrefix() == prefix)
    }

    @Test(arguments: ["", "{wa}", "a b", "a/b", "ä", String(repeating: "x", count: 65)])
    func aPrefixThatIsNotPlainIsRefused(prefix: String) {
        let settings = Settings(environment: ["QUEUE_PREFIX": prefix])
        #expect(throws: SettingError.self) { try settings.queuePrefix() }
    }
}
