/// Growing bytes at an address that libpq can be given as it is.
///
/// The owners are values: they write only while they hold the sole reference (see `makeUnique`), and copy otherwise.
// @unchecked Sendable: mutated only under that uniqueness, hence never while another thread can see it; `base` is owned,
// allocated in init or grow and freed once, in deinit.
final class WireBuffer: @unchecked Sendable {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int) {
        self.capacity = max(32, capacity)
        base = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit {
        base.deallocate()
    }

    static func makeUnique(_ buffer: inout WireBuffer) {
        if isKnownUniquelyReferenced(&buffer) { return }
        let copy = WireBuffer(capacity: buffer.count * 2)
        copy.base.copyMemory(from: buffer.base, byteCount: buffer.count)
        copy.count = buffer.count
        buffer = copy
    }

    /// Makes the buffer `bytes` longer and returns where they begin; the caller writes all of them.
    func extend(by bytes: Int) -> UnsafeMutableRawPointer {
        if count + bytes > capacity { grow(to: max(count + bytes, capacity * 2)) }
        defer { count += bytes }
        return base + count
    }

    func reserve(_ bytes: Int) {
        if count + bytes > capacity { grow(to: count + bytes) }
    }

    private func grow(to newCapacity: Int) {
        let larger = UnsafeMutableRawPointer.allocate(byteCount: newCapacity, alignment: 16)
        larger.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = larger
        capacity = newCapacity
    }
}

/// PostgreSQL's binary formats are big-endian and unpadded.
extension UnsafeMutableRawPointer {
    func storeBigEndian<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        storeBytes(of: value.bigEndian, toByteOffset: offset, as: Value.self)
    }
}

extension UnsafeRawBufferPointer {
    /// Nil if fewer bytes are there.
    func bigEndian<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Value? {
        guard offset >= 0, offset + MemoryLayout<Value>.size <= count else { return nil }
        return Value(bigEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
