import ArgumentParser
import OperationsKit
import Tenants

/// `worker keys …`
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "Keys that seal the tenants' access tokens.",
        subcommands: [Generate.self, Rotate.self])

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

    /// `worker keys rotate`
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal the stored access tokens anew under the first key, while everything runs.",
            discussion: """
                Needs DATABASE_URL and WHATSAPP_ENCRYPTION_KEY with both keys, the new one first; all Workers must have \
                both by then. Afterwards the old key can be taken out. Run again, it finds nothing to do.
                """)

        private struct Unreadable: Error, CustomStringConvertible {
            let description: String
        }

        func run() async throws {
            try await CommandOutcome.report {
                let settings = Settings.process()
                let database = try CommandDatabase(settings)
                let ring = try EncryptionKeyRing(settings)
                var (resealed, unreadable) = (0, [TenantID]())
                var after: TenantID?
                repeat {
                    let step = try await database.transaction { [after] session in
                        try EncryptionCheck.verify(ring, in: session)
                        return try TokenRotation.step(after: after, ring: ring, in: session)
                    }
                    resealed += step.resealed
                    unreadable += step.unreadable
                    after = step.next
                } while after != nil
                print("\(resealed) access tokens are sealed anew under the key \(ring.sealingKeyID).")
                guard unreadable.isEmpty else {
                    throw Unreadable(
                        description: "no configured key opens the token of the tenants "
                            + unreadable.map { "\($0)" }.joined(separator: ", ")
                            + ": add the key, or have each save its token again (worker tenant set-token)")
                }
            }
        }
    }
}
