import COpenSSL

/// AES-256-GCM (NIST SP 800-38D) under one key, with random 96-bit nonces and 128-bit tags.
///
/// Random nonces are safe for 2^32 messages per key (SP 800-38D, section 8.3), far above the number of tokens sealed.
public final class AES256GCM: Sendable {
    public static let keyByteCount = 32

    private static let cipher = FetchedCipher()

    private let key: KeyMemory

    /// Nil unless the key has exactly 32 bytes.
    public init?(key: [UInt8]) {
        guard key.count == Self.keyByteCount else { return nil }
        self.key = KeyMemory(key)
    }

    /// Encrypts under a fresh nonce. `associatedData` is not part of the result, but opening needs the same bytes.
    public func seal(_ plaintext: [UInt8], associatedData: [UInt8]) throws(OpenSSLError) -> SealedBox {
        try seal(plaintext, associatedData: associatedData, nonce: randomBytes(SealedBox.nonceByteCount))
    }

    /// For published test vectors only: a nonce used twice under one key gives both messages away.
    package func seal(
        _ plaintext: [UInt8], associatedData: [UInt8], nonce: [UInt8]
    ) throws(OpenSSLError) -> SealedBox {
        precondition(nonce.count == SealedBox.nonceByteCount, "a GCM nonce of \(nonce.count) bytes")
        let operation = try CipherOperation(cipher: Self.cipher, key: key, nonce: nonce, encrypts: true)
        try operation.authenticate(associatedData)
        let ciphertext = try operation.transform(plaintext)
        guard operation.finish() else { throw OpenSSLError(function: "EVP_EncryptFinal_ex") }
        return SealedBox(nonce: nonce, ciphertext: ciphertext, tag: try operation.tag())
    }

    /// The plaintext; nil if the key, the associated data or any byte of the box is not what was sealed.
    public func open(_ box: SealedBox, associatedData: [UInt8]) throws(OpenSSLError) -> [UInt8]? {
        let operation = try CipherOperation(cipher: Self.cipher, key: key, nonce: box.nonce, encrypts: false)
        try operation.authenticate(associatedData)
        var plaintext = try operation.transform(box.ciphertext)
        try operation.expect(tag: box.tag)
        guard operation.finish() else {
            secureZero(&plaintext)
            // A tag that does not match may leave an entry behind that a later failure would be blamed on.
            ERR_clear_error()
            return nil
        }
        return plaintext
    }

    /// The key's bytes in memory that is zeroed when the last holder lets go.
    ///
    /// `@unchecked Sendable`: the memory is written in `init` only, read afterwards, and freed in `deinit`, when nobody
    /// else holds a reference.
    fileprivate final class KeyMemory: @unchecked Sendable {
        private let bytes: UnsafeMutableRawBufferPointer

        init(_ key: [UInt8]) {
            bytes = .allocate(byteCount: key.count, alignment: 1)
            bytes.copyBytes(from: key)
        }

        deinit {
            secureZero(bytes)
            bytes.deallocate()
        }

        func withBytes<Result>(_ body: (UnsafePointer<UInt8>?) -> Result) -> Result {
            UnsafeRawBufferPointer(bytes).withMemoryRebound(to: UInt8.self) { body($0.baseAddress) }
        }
    }
}

/// OpenSSL's AES-256-GCM, looked up once: OpenSSL 3 otherwise searches its providers at every start of an operation.
///
/// `@unchecked Sendable`: a fetched EVP_CIPHER is immutable and may be used by several threads at once (OpenSSL's
/// manual, "Thread safety" in crypto(7)); the pointer is set in `init` only, and the one instance lives as long as the
/// process.
private final class FetchedCipher: @unchecked Sendable {
    let pointer = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
}

/// One encryption or decryption.
private final class CipherOperation {
    private let context: OpaquePointer

    init(cipher: FetchedCipher, key: AES256GCM.KeyMemory, nonce: [UInt8], encrypts: Bool) throws(OpenSSLError) {
        guard let pointer = cipher.pointer else { throw OpenSSLError(function: "EVP_CIPHER_fetch") }
        guard let context = EVP_CIPHER_CTX_new() else { throw OpenSSLError(function: "EVP_CIPHER_CTX_new") }
        self.context = context
        // 12 bytes are GCM's default nonce length, so there is none to set.
        let status = key.withBytes { EVP_CipherInit_ex(context, pointer, nil, $0, nonce, encrypts ? 1 : 0) }
        guard status == 1 else { throw OpenSSLError(function: "EVP_CipherInit_ex") }
    }

    deinit {
        EVP_CIPHER_CTX_free(context)
    }

    func authenticate(_ associatedData: [UInt8]) throws(OpenSSLError) {
        guard !associatedData.isEmpty else { return }
        var length: Int32 = 0
        guard let count = Int32(exactly: associatedData.count),
            EVP_CipherUpdate(context, nil, &length, associatedData, count) == 1
        else { throw OpenSSLError(function: "EVP_CipherUpdate") }
    }

    func transform(_ input: [UInt8]) throws(OpenSSLError) -> [UInt8] {
        // GCM is a stream mode: as many bytes come out as go in, and none at the end.
        var output = [UInt8](repeating: 0, count: input.count)
        guard !input.isEmpty else { return output }
        var length: Int32 = 0
        guard let count = Int32(exactly: input.count),
            EVP_CipherUpdate(context, &output, &length, input, count) == 1,
            length == count
        else { throw OpenSSLError(function: "EVP_CipherUpdate") }
        return output
    }

    /// When opening: whether the tag matched.
    func finish() -> Bool {
        var unused: [UInt8] = [0]
        var length: Int32 = 0
        return EVP_CipherFinal_ex(context, &unused, &length) == 1
    }

    func tag() throws(OpenSSLError) -> [UInt8] {
        var tag = [UInt8](repeating: 0, count: SealedBox.tagByteCount)
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tag.count), &tag) == 1 else {
            throw OpenSSLError(function: "EVP_CIPHER_CTX_ctrl")
        }
        return tag
    }

    func expect(tag: [UInt8]) throws(OpenSSLError) {
        var tag = tag
        guard EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), &tag) == 1 else {
            throw OpenSSLError(function: "EVP_CIPHER_CTX_ctrl")
        }
    }
}
