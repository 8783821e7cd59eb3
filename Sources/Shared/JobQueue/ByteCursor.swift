internal import Identifiers

/// Writes one piece after another into memory whose size was computed beforehand.
///
/// The memory is valid only within the closure that handed it out, and the cursor never leaves that closure. Every write
/// checks that it fits before it touches a byte: a wrong computation ends the process instead of overrunning the memory.
struct ByteCursor {
    private let space: UnsafeMutableRawBufferPointer
    /// How many bytes were written.
    private(set) var position = 0

    init(_ space: UnsafeMutableRawBufferPointer) {
        self.space = space
    }

    mutating func write(_ text: StaticString) {
        let bytes = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        take(bytes.count).copyMemory(from: bytes)
    }

    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in take(bytes.count).copyMemory(from: UnsafeRawBufferPointer(bytes)) }
    }

    mutating func write(_ id: ULID) {
        id.write(into: take(ULID.textLength))
    }

    mutating func write(decimal value: Int) {
        DecimalDigits.write(value, into: take(DecimalDigits.count(value)))
    }

    /// The next `count` bytes.
    private mutating func take(_ count: Int) -> UnsafeMutableRawBufferPointer {
        precondition(count <= space.count - position, "a header is longer than was computed")
        defer { position += count }
        return UnsafeMutableRawBufferPointer(rebasing: space[position..<position + count])
    }
}
