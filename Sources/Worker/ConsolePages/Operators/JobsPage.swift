public struct JobsPage: Sendable {
    public var queue: String
    /// `ready`, `claimed`, `scheduled` or `dead`.
    public var place: String
    /// Only those with this error.
    public var error: String?
    public var jobs: [JobRow]
    /// The cursor of this page; nil: the first.
    public var after: String?
    /// The cursor of the next page.
    public var next: String?

    public init(
        queue: String, place: String, error: String? = nil, jobs: [JobRow], after: String? = nil, next: String? = nil
    ) {
        self.queue = queue
        self.place = place
        self.error = error
        self.jobs = jobs
        self.after = after
        self.next = next
    }

    var title: String { "\(queue): \(JobPlaceWords.place(place))" }

    func values(at now: PageTime) -> TemplateValues {
        let path = "/app/queues/" + FormText.encoded(queue)
        let query = FormText.encoded([("error", error)])
        let here = FormText.encoded([("place", place), ("error", error)])
        // Where a job was seen is where it is looked for first; with an error's filter the cursor is another one's.
        let seen = FormText.encoded([("place", place), ("after", error == nil ? after : nil)])
        return [
            "queue_name": queue, "place": JobPlaceWords.place(place).lowercased(), "error": error,
            "jobs": jobs.map { $0.values(queue: queue, seenIn: seen) }, "has_jobs": !jobs.isEmpty,
            "has_looked": jobs.isEmpty && next != nil, "is_dead": place == "dead",
            "first_path": after == nil ? nil : "\(path)/jobs?\(here)",
            "places": JobPlaceWords.places(of: queue).map { name in
                TemplateValues([
                    "place_name": JobPlaceWords.place(name), "place_path": "\(path)/jobs?place=\(name)",
                    "is_place": name == place,
                ])
            },
            "next_path": next.map {
                "\(path)/jobs?" + FormText.encoded([("place", place), ("error", error), ("after", $0)])
            },
            "replay_path": "\(path)/replay?\(query)", "discard_path": "\(path)/discard?\(query)",
        ]
    }
}

public struct JobRow: Sendable {
    /// nil: its envelope cannot be read.
    public var id: String?
    public var type: String
    public var attempt: Int = 0
    public var crashes: Int = 0
    public var error: String?
    public var receivedAt: PageTime?
    /// Dead: since when; scheduled: when it is due.
    public var at: PageTime?
    public var worker: String?
    public var tenant: String?

    public init(
        id: String? = nil, type: String, attempt: Int = 0, crashes: Int = 0, error: String? = nil,
        receivedAt: PageTime? = nil, at: PageTime? = nil, worker: String? = nil, tenant: String? = nil
    ) {
        self.id = id
        self.type = type
        self.attempt = attempt
        self.crashes = crashes
        self.error = error
        self.receivedAt = receivedAt
        self.at = at
        self.worker = worker
        self.tenant = tenant
    }

    /// - Parameter listing: the query of the list in which it stands.
    func values(queue: String, seenIn listing: String = "place=dead") -> TemplateValues {
        [
            "job_id": id ?? "unreadable",
            "job_path": id.map {
                "/app/queues/\(FormText.encoded(queue))/jobs/\(FormText.encoded($0))?\(listing)"
            },
            "job_type": type, "attempt": attempt,
            "crashes": crashes == 0 ? nil : crashes == 1 ? "1 crash" : "\(crashes.grouped) crashes", "job_error": error,
            "received_at": receivedAt, "job_at": at, "worker": worker, "job_tenant": tenant,
        ]
    }
}

/// One job: its envelope, secrets and customers' data masked.
public struct JobPage: Sendable {
    public var queue: String
    public var place: String
    public var id: String
    public var receivedAt: PageTime?
    /// When it died or is due.
    public var at: PageTime?
    public var fields: [PageField]
    public var payload: String
    public var isDead: Bool

    public init(
        queue: String, place: String, id: String, receivedAt: PageTime? = nil, at: PageTime? = nil, fields: [PageField],
        payload: String, isDead: Bool
    ) {
        self.queue = queue
        self.place = place
        self.id = id
        self.receivedAt = receivedAt
        self.at = at
        self.fields = fields
        self.payload = payload
        self.isDead = isDead
    }

    var values: TemplateValues {
        let path = "/app/queues/" + FormText.encoded(queue)
        let query = FormText.encoded([("id", id)])
        return [
            "queue_name": queue, "place": JobPlaceWords.place(place), "id": id, "fields": fields.map(\.values),
            "received_at": receivedAt,
            "job_at": at, "payload": payload,
            "is_dead": isDead, "list_path": "\(path)/jobs?place=" + FormText.encoded(place),
            "replay_path": "\(path)/replay?\(query)", "discard_path": "\(path)/discard?\(query)",
        ]
    }
}
