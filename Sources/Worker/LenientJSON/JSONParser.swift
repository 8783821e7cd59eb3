/// Parses JSON texts (RFC 8259) into a flat tape, keeping the tape's memory from one document to the next.
///
/// Strict about structure, lenient about what stands inside strings: lone surrogates, invalid UTF-8, NUL, control
/// characters and unknown escapes are all accepted and cleaned only when a text is asked for. Nesting is bounded by the
/// size of the source alone. A byte order mark at the start and whitespace around the value are fine.
public struct JSONParser: ~Copyable {
    /// The tape. Safety: allocated here, freed in `deinit`, reached by nobody else save the `JSONValue`s handed to the
    /// closure of `withDocument`, which ends before anything here changes.
    var nodes: UnsafeMutablePointer<JSONNode>
    var capacity: Int

    /// 2 KiB, enough for a webhook with one message.
    static let initialCapacity = 128
    /// 1 MiB. A tape that grew larger is given back after its document: one body of 3 MB must not cost memory for ever.
    static let retainedCapacity = 65_536

    public init() {
        nodes = .allocate(capacity: Self.initialCapacity)
        capacity = Self.initialCapacity
    }

    deinit {
        nodes.deallocate()
    }

    /// Parses `source` and hands its root to `body`.
    ///
    /// The value, and everything reached from it, must not outlive the call: it points into the source and the tape.
    public mutating func withDocument<Result>(
        _ source: UnsafeRawBufferPointer, _ body: (JSONValue) -> Result
    ) throws(JSONParsingError) -> Result {
        defer { shrink() }
        let text = try scan(source)
        return body(JSONValue(node: nodes, source: text))
    }

    /// Parses `source` and hands its root to `body`; see `withDocument(_:_:)` on how long the value lives.
    public mutating func withDocument<Result>(
        _ source: [UInt8], _ body: (JSONValue) -> Result
    ) throws(JSONParsingError) -> Result {
        // The standard library's closures do not carry a typed error through generic results: hence the two steps.
        let outcome: Swift.Result<Result, JSONParsingError> = source.withUnsafeBytes { bytes in
            do throws(JSONParsingError) {
                return .success(try withDocument(bytes, body))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// Doubles the tape; the first `used` nodes move over.
    mutating func grow(used: Int) {
        let larger = UnsafeMutablePointer<JSONNode>.allocate(capacity: capacity * 2)
        larger.moveInitialize(from: nodes, count: used)
        nodes.deallocate()
        nodes = larger
        capacity *= 2
    }

    private mutating func shrink() {
        guard capacity > Self.retainedCapacity else { return }
        nodes.deallocate()
        nodes = .allocate(capacity: Self.initialCapacity)
        capacity = Self.initialCapacity
    }
}

/// Safety: the tape is owned by exactly one parser (it cannot be copied), every access is `mutating` and so exclusive, and
/// no `JSONValue` may outlive the closure that it was handed to.
extension JSONParser: @unchecked Sendable {}
