public import OpenSSLKit

extension RawJSON {
    /// SHA-256 of the exact bytes, computed anew on each call.
    public var contentHash: SHA256Digest {
        withUnsafeBytes { SHA256.hash($0) }
    }
}

extension AccountEvent {
    /// What tells this event from others of its account, field and time: SHA-256 of the item's bytes, computed anew on each
    /// call.
    public var contentHash: SHA256Digest { raw.contentHash }
}
