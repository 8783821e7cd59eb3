public import Postgres

/// Compares the configured keys with what the database holds, so that a wrong key is named at start and not when the
/// first message is to be sent.
///
/// For each key that was ever configured the database keeps a known text sealed under it.
public enum EncryptionCheck {
    struct StoredCheck: Sendable, Equatable {
        let keyID: String
        let sealed: [UInt8]
    }

    private static let knownText = Array("quoteline".utf8)
    private static let context = Array("quoteline encryption check\0".utf8)

    private static let selectChecks: PostgresStatement = "select key_id, sealed from encryption_check order by key_id"
    // Held to the end of the transaction: of two processes with different keys on an empty database one must fail.
    private static let lockChecks: PostgresStatement = "lock table encryption_check in share row exclusive mode"
    private static let insertCheck: PostgresStatement = "insert into encryption_check (key_id, sealed) values ($1, $2)"
    private static let countTokens: PostgresStatement = """
        select count(*) from whatsapp_configs where substr(access_token, 1, length($1)) = $1
        """

    /// Makes sure that the database and the configuration speak of the same keys, and remembers new ones.
    ///
    /// Call it in a transaction. Throws ``EncryptionCheckError``, `PostgresError`, or `OpenSSLError`.
    public static func verify(_ ring: EncryptionKeyRing, in session: PostgresSession) throws {
        if try verifyStored(ring, in: session).isEmpty { return }
        _ = try session.execute(lockChecks, [])
        for keyID in try verifyStored(ring, in: session) {
            guard let check = try seal(keyID: keyID, ring: ring) else { continue }
            _ = try session.execute(insertCheck, [.text(check.keyID), .bytea(check.sealed)])
        }
    }

    /// The ids of configured keys that the database does not know yet.
    private static func verifyStored(_ ring: EncryptionKeyRing, in session: PostgresSession) throws -> [String] {
        let stored = try session.execute(selectChecks, []).map { row in
            StoredCheck(keyID: try row.string(0), sealed: try row.bytes(1))
        }
        let outcome = try compare(stored, with: ring)
        for keyID in outcome.missing {
            let header = PostgresValue.bytea(SealedValue.header(keyID: keyID))
            let tokens = try session.execute(countTokens, [header]).only().int64(0)
            guard tokens == 0 else { throw EncryptionCheckError.tokensUnderMissingKey(keyID: keyID, tokens: tokens) }
        }
        return outcome.new
    }

    /// Which configured keys are new, and which stored checks no configured key opens.
    static func compare(
        _ stored: [StoredCheck], with ring: EncryptionKeyRing
    ) throws -> (new: [String], missing: [String]) {
        var missing: [String] = []
        for check in stored {
            let value: SealedValue
            do throws(SealedValueError) {
                value = try SealedValue(bytes: check.sealed)
            } catch {
                throw EncryptionCheckError.unreadable(keyID: check.keyID, error)
            }
            if try ring.open(value, context: context) == knownText { continue }
            guard !ring.keyIDs.contains(check.keyID) else {
                throw EncryptionCheckError.keyDiffers(keyID: check.keyID)
            }
            missing.append(check.keyID)
        }
        let known = stored.map(\.keyID)
        guard stored.isEmpty || missing.count < stored.count else {
            throw EncryptionCheckError.noKeyKnown(configured: ring.keyIDs, known: known)
        }
        return (ring.keyIDs.filter { !known.contains($0) }, missing)
    }

    /// What the database keeps for this key; nil if the ring does not hold it.
    static func seal(keyID: String, ring: EncryptionKeyRing) throws -> StoredCheck? {
        try ring.seal(knownText, context: context, keyID: keyID).map {
            StoredCheck(keyID: keyID, sealed: $0.bytes)
        }
    }
}
