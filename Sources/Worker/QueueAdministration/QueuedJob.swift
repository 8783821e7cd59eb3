public import JobQueue
internal import LenientJSON
public import NIOCore

/// Where in a queue a job is.
public enum JobPlace: Sendable, Hashable {
    case ready
    case lane(number: String)
    case claimed(worker: String)
    case scheduled
    case dead

    public var name: String {
        switch self {
        case .ready: "ready"
        case .lane: "lane"
        case .claimed: "claimed"
        case .scheduled: "scheduled"
        case .dead: "dead"
        }
    }
}

/// A job as it stands in Redis, with or without a header that can be read.
public struct QueuedJob: Sendable {
    public let queue: QueueName
    public let place: JobPlace
    /// Unix milliseconds: when it died, or when it is due; nil in lists.
    public let score: Double?
    /// The job's handle.
    public let bytes: ByteBuffer
    /// Nil for a producer's short form and for what nobody can read.
    public let element: JobElement?

    init(queue: QueueName, place: JobPlace, score: Double?, bytes: ByteBuffer) {
        self.queue = queue
        self.place = place
        self.score = score
        self.bytes = bytes
        element = try? JobElement(bytes)
    }

    /// The job's id, also that of a producer's short form; nil if it has none.
    public var id: String? { element?.header.id ?? member("id") }
    public var type: String { element?.header.type ?? member("type") ?? "unreadable" }

    /// Whether this version may change the job: the header is readable and of our own envelope version.
    public var isOurs: Bool { element?.header.version == JobHeader.currentVersion }

    private func member(_ name: String) -> String? {
        var parser = JSONParser()
        let found = try? parser.withDocument(Array(buffer: bytes)) { root in root[name]?.string }
        return found ?? nil
    }
}
