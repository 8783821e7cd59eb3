internal import JobQueue
internal import LenientJSON
internal import NIOCore

/// Which dead letters an operator means. Everything that is set must hold.
public struct DeadLetterFilter: Sendable, Equatable {
    public var errorCode: String?
    public var type: String?
    /// Died at least so many milliseconds ago.
    public var olderThan: Int64?
    /// Died at most so many milliseconds ago.
    public var newerThan: Int64?
    /// The job belongs to this number or tenant.
    public var owner: JobOwner?

    public init() {}

    /// Whether nothing is set, so that all dead letters are meant.
    public var isEmpty: Bool { self == DeadLetterFilter() }

    /// Whether the job's header and payload fit; its age is the cursor's matter.
    func fits(_ job: QueuedJob) -> Bool {
        if let errorCode, job.element?.header.error?.code != errorCode { return false }
        if let type, job.type != type { return false }
        if let owner { return owner.owns(job) }
        return true
    }

    /// The walk over the scores that fit. What dies after `now` (Unix milliseconds of Redis' clock) never does.
    func cursor(now: Int64) -> DeadLetterCursor {
        DeadLetterCursor(from: newerThan.map { now - $0 }, to: now - (olderThan ?? 0))
    }

    /// For the audit log and the summary.
    var members: [(String, JSONOutput)] {
        var members: [(String, JSONOutput)] = []
        if let errorCode { members.append(("error", .text(errorCode))) }
        if let type { members.append(("type", .text(type))) }
        if let olderThan { members.append(("older_than_seconds", .integer(olderThan / 1_000))) }
        if let newerThan { members.append(("newer_than_seconds", .integer(newerThan / 1_000))) }
        if let owner {
            if let tenant = owner.tenant { members.append(("tenant", .text(tenant))) }
            if !owner.phoneNumberIDs.isEmpty {
                members.append(("phone_number_id", .list(owner.phoneNumberIDs.sorted().map { .text($0) })))
            }
        }
        return members
    }
}

/// By what a job's payload shows whose it is.
public struct JobOwner: Sendable, Equatable {
    /// Outbound jobs name their tenant.
    public var tenant: String?
    /// Inbound changes name the number that they came to …
    public var phoneNumberIDs: Set<String>
    /// … or, for account and template fields, only the account.
    public var accountIDs: Set<String>

    public init(tenant: String? = nil, phoneNumberIDs: Set<String> = [], accountIDs: Set<String> = []) {
        self.tenant = tenant
        self.phoneNumberIDs = phoneNumberIDs
        self.accountIDs = accountIDs
    }

    /// Whether any part of the job is the owner's.
    func owns(_ job: QueuedJob) -> Bool {
        var parser = JSONParser()
        let whole = job.element == nil
        let bytes = Array(buffer: job.element?.payload ?? job.bytes)
        let found = try? parser.withDocument(bytes) { root in
            let payload = whole ? root["payload"] : root
            return payload.map(owns) ?? false
        }
        return found ?? false
    }

    private func owns(_ payload: JSONValue) -> Bool {
        if let tenant, payload["tenant"]?.lenientText == tenant { return true }
        guard let entries = payload["entry"] else { return false }
        for entry in entries.elements {
            guard let changes = entry["changes"] else { continue }
            for change in changes.elements {
                if let number = change["value"]?["metadata"]?["phone_number_id"]?.lenientText {
                    if phoneNumberIDs.contains(number) { return true }
                } else if let account = entry["id"]?.lenientText, accountIDs.contains(account) {
                    return true
                }
            }
        }
        return false
    }
}
