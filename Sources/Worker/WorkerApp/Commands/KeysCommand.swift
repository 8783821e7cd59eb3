import ArgumentParser
import Tenants

/// `worker keys …`
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Keys that seal the tenants' access tokens.", subcommands: [Generate.self])

    /// `worker keys generate`
    struct Generate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print a fresh key for WHATSAPP_ENCRYPTION_KEY.",
            discussion: """
                To replace a key, put the new one before the old one: WHATSAPP_ENCRYPTION_KEY=new:<key>,old:<key>. The \
                first seals, all open. Whoever loses the key loses the stored access tokens.
                """)

        func run() async throws {
            try await CommandOutcome.report {
                print(try EncryptionKeyRing.generateKey())
            }
        }
    }
}
