import COpenSSL

/// Overwrites the bytes with zeros in a way that the optimiser does not remove.
public func secureZero(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    OPENSSL_cleanse(start, bytes.count)
}

/// Overwrites the array's bytes with zeros. Copies that share no storage with it are not reached: zero an array before
/// anything else got hold of it.
public func secureZero(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { secureZero($0) }
}
