import COpenSSL

/// As many bytes from OpenSSL's seeded generator, fit for keys, nonces and tokens.
///
/// Throws where the system gives OpenSSL no entropy; such a process must not go on with weak values.
public func randomBytes(_ count: Int) throws(OpenSSLError) -> [UInt8] {
    precondition(count >= 0, "a negative number of random bytes")
    var bytes = [UInt8](repeating: 0, count: count)
    let succeeded = bytes.withUnsafeMutableBufferPointer { buffer in
        guard let start = buffer.baseAddress, !buffer.isEmpty else { return true }
        guard let length = Int32(exactly: buffer.count) else { return false }
        return RAND_bytes(start, length) == 1
    }
    guard succeeded else { throw OpenSSLError(function: "RAND_bytes") }
    return bytes
}
