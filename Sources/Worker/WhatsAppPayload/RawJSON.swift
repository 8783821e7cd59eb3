/// The exact bytes of one item, as Meta sent them: a range of the body, which it keeps alive. Copying it copies no byte.
public struct RawJSON: Sendable, Equatable, Hashable {
    private let body: [UInt8]
    private let start: UInt32
    private let end: UInt32

    /// `range` must lie within `body`.
    init(_ body: [UInt8], _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= body.count, "an item's range leaves its body")
        self.body = body
        start = UInt32(range.lowerBound)
        end = UInt32(range.upperBound)
    }

    public init(_ bytes: [UInt8]) {
        self.init(bytes, 0..<bytes.count)
    }

    /// How many bytes there are.
    public var count: Int { Int(end - start) }

    /// The bytes as an array of their own.
    public var bytes: [UInt8] {
        Array(body[range])
    }

    /// Lends the bytes, for copying them elsewhere. The pointer must not outlive the call.
    public func withUnsafeBytes<Result>(_ use: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body.withUnsafeBytes { try use(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    private var range: Range<Int> { Int(start)..<Int(end) }

    public static func == (left: RawJSON, right: RawJSON) -> Bool {
        left.body[left.range] == right.body[right.range]
    }

    public func hash(into hasher: inout Hasher) {
        withUnsafeBytes { hasher.combine(bytes: $0) }
    }
}
