public import NIOCore

/// What stands before the payload of a queue element; see `JobElement` for the whole.
public struct JobHeader: Sendable, Equatable {
    /// The envelope version that this code writes. Elements of another version are left alone.
    public static let currentVersion = 1

    public var version: Int
    /// The job's identifier: a ULID of ours, or whatever a producer chose.
    public var id: String
    /// `webhook`, `quote_link`, `text`, `template`, `unreadable`, …
    public var type: String
    /// Unix milliseconds at which the job was accepted.
    public var receivedAt: Int64
    /// How often the job itself has failed.
    public var attempt: Int
    /// How often the job's owner has died while holding it.
    public var crashes: Int
    /// The W3C `traceparent` under which the job was accepted.
    public var trace: String?
    /// The signature header under which a webhook arrived, so that it can be checked again.
    public var signature: String?
    /// Why the job failed last.
    public var error: JobFailure?
    /// Fields of a newer neighbour, kept as they stand: key and raw JSON value.
    public var unknown: [UnknownField]

    public struct UnknownField: Sendable, Equatable {
        public var key: String
        public var rawValue: String

        public init(key: String, rawValue: String) {
            self.key = key
            self.rawValue = rawValue
        }
    }

    public init(
        id: String, type: String, receivedAt: Int64, attempt: Int = 0, crashes: Int = 0, trace: String? = nil,
        signature: String? = nil, error: JobFailure? = nil
    ) {
        version = Self.currentVersion
        self.id = id
        self.type = type
        self.receivedAt = receivedAt
        self.attempt = attempt
        self.crashes = crashes
        self.trace = trace
        self.signature = signature
        self.error = error
        unknown = []
    }

    /// Writes `{"v":1,…,"payload":`; the caller appends the payload and `}`.
    public func write(into buffer: inout ByteBuffer) {
        buffer.writeStaticString(#"{"v":"#)
        buffer.writeString(String(version))
        buffer.writeStaticString(#","id":"#)
        JSONString.write(id, into: &buffer)
        buffer.writeStaticString(#","type":"#)
        JSONString.write(type, into: &buffer)
        buffer.writeStaticString(#","received_at":"#)
        buffer.writeString(String(receivedAt))
        buffer.writeStaticString(#","attempt":"#)
        buffer.writeString(String(attempt))
        buffer.writeStaticString(#","crashes":"#)
        buffer.writeString(String(crashes))
        if let trace {
            buffer.writeStaticString(#","trace":"#)
            JSONString.write(trace, into: &buffer)
        }
        if let signature {
            buffer.writeStaticString(#","sig":"#)
            JSONString.write(signature, into: &buffer)
        }
        // The error stands last, so that the scripts can replace it without reading what follows.
        for field in unknown {
            buffer.writeStaticString(",")
            JSONString.write(field.key, into: &buffer)
            buffer.writeStaticString(":")
            buffer.writeString(field.rawValue)
        }
        if let error {
            buffer.writeStaticString(#","error":{"code":"#)
            JSONString.write(error.code, into: &buffer)
            buffer.writeStaticString(#","text":"#)
            JSONString.write(error.text, into: &buffer)
            buffer.writeStaticString("}")
        }
        buffer.writeStaticString(#","payload":"#)
    }
}
