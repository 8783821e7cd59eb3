/// What a replay or a discard would touch, before it is done.
public struct DeadLettersPage: Sendable {
    public enum Verb: Sendable {
        case replay, discard
    }

    public var queue: String
    public var verb: Verb
    public var count: Int
    public var error: String?
    public var id: String?
    public var examples: [JobRow]

    public init(queue: String, verb: Verb, count: Int, error: String? = nil, id: String? = nil, examples: [JobRow]) {
        self.queue = queue
        self.verb = verb
        self.count = count
        self.error = error
        self.id = id
        self.examples = examples
    }

    var title: String {
        switch verb {
        case .replay: "Replay dead jobs"
        case .discard: "Discard dead jobs"
        }
    }

    func values(at now: PageTime) -> TemplateValues {
        let path = "/app/queues/" + FormText.encoded(queue)
        let jobs = count == 1 ? "1 job" : "\(count.grouped) jobs"
        let isDiscard = verb == .discard
        return [
            "title": title, "queue_name": queue, "count": jobs, "expected": String(count), "error": error, "id": id,
            "is_discard": isDiscard, "action": path + (isDiscard ? "/discard" : "/replay"),
            "button": (isDiscard ? "Discard " : "Replay ") + jobs, "jobs": examples.map { $0.values(queue: queue) },
            "has_jobs": !examples.isEmpty, "is_part": examples.count < count, "has_any": count > 0,
            "cancel": "\(path)/jobs?place=dead", "is_dead": true,
        ]
    }
}
