public import NIOCore

/// One element of a queue's list or sorted set: a self-contained JSON text whose exact bytes are the job's handle.
///
/// ```
/// {"v":1,"id":"01JD…","type":"webhook","received_at":1732270000123,"attempt":0,"crashes":0,
///  "trace":"00-…-01","sig":"sha256=…","error":{"code":"…","text":"…"},"payload":<bytes as they came>}
/// ```
/// The keys stand in this order and without spaces; `trace`, `sig` and `error` may be absent. The first `,"payload":`
/// ends the header: header strings are escaped, so none of them can hold that text. The payload is spliced in as it came
/// and need not be JSON.
public struct JobElement: Sendable, Equatable {
    /// The element exactly as Redis holds it.
    public let bytes: ByteBuffer
    public let header: JobHeader
    /// The payload, a slice of `bytes`.
    public let payload: ByteBuffer

    /// Reads an element.
    /// - Throws: `JobElementError` if it has no readable header; such an element is buried as `unreadable`.
    public init(_ bytes: ByteBuffer) throws(JobElementError) {
        let parsed = try bytes.withUnsafeReadableBytes { (raw: UnsafeRawBufferPointer) throws(JobElementError) in
            var reader = JobHeaderReader(raw)
            return try reader.read()
        }
        guard
            let payload = bytes.getSlice(
                at: bytes.readerIndex + parsed.payload.lowerBound, length: parsed.payload.count)
        else { throw JobElementError(reason: "payload range outside the element", offset: 0) }
        self.bytes = bytes
        header = parsed.header
        self.payload = payload
    }

    /// Makes a new element around `payload`.
    public init(header: JobHeader, payload: ByteBuffer, allocator: ByteBufferAllocator = ByteBufferAllocator()) {
        var buffer = allocator.buffer(capacity: payload.readableBytes + 320)
        header.write(into: &buffer)
        let start = buffer.writerIndex
        buffer.writeImmutableBuffer(payload)
        buffer.writeInteger(UInt8(ascii: "}"))
        self.header = header
        self.payload = buffer.getSlice(at: start, length: payload.readableBytes) ?? payload
        bytes = buffer
    }

    /// The same job with another header: what a retry or a burial puts in its place.
    public func replacingHeader(_ change: (inout JobHeader) -> Void) -> JobElement {
        var header = header
        change(&header)
        return JobElement(header: header, payload: payload)
    }

    /// What is buried in place of an element that has no readable header: its bytes in base64.
    /// - Parameter now: Unix milliseconds.
    public static func unreadable(_ bytes: ByteBuffer, reason: String, id: String, now: Int64) -> JobElement {
        let header = JobHeader(
            id: id, type: "unreadable", receivedAt: now, error: JobFailure(code: "unreadable", text: reason))
        var payload = ByteBuffer()
        payload.writeInteger(UInt8(ascii: "\""))
        payload.writeString(Base64.encode(bytes.readableBytesView))
        payload.writeInteger(UInt8(ascii: "\""))
        return JobElement(header: header, payload: payload)
    }
}
