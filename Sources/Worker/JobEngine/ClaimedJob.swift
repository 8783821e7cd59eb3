internal import JobQueue
internal import NIOCore

/// An element that this worker has claimed, read once.
struct ClaimedJob: Sendable {
    enum Content: Sendable {
        case job(JobElement)
        /// Of a version that this code does not know.
        case unknownVersion(JobElement)
        case unreadable(JobElementError)
    }

    /// What tells a job from the others in hand: its id, so that a retry waits for the settlement of the try before it;
    /// its bytes where no id can be read.
    enum Key: Sendable, Hashable {
        case id(String)
        case bytes(ByteBuffer)
    }

    /// The job's handle in Redis.
    let bytes: ByteBuffer
    let content: Content
    let key: Key

    init(_ bytes: ByteBuffer) {
        self.bytes = bytes
        do throws(JobElementError) {
            let element = try JobElement(bytes)
            content = element.header.version == JobHeader.currentVersion ? .job(element) : .unknownVersion(element)
            key = .id(element.header.id)
        } catch {
            content = .unreadable(error)
            key = .bytes(bytes)
        }
    }

    /// An element of which more is known than that its header cannot be read.
    init(unreadable bytes: ByteBuffer, _ error: JobElementError) {
        self.bytes = bytes
        content = .unreadable(error)
        key = .bytes(bytes)
    }

    /// Whether an owner died while holding it: it is worked on with nothing beside it.
    var isSuspect: Bool {
        switch content {
        case .job(let element): element.header.crashes > 0
        case .unknownVersion, .unreadable: false
        }
    }
}
