internal import NIOCore
public import Postgres
public import WhatsAppPayload

/// Takes an erased customer out of the table `archived_jobs`; what jobs hold of other people stays in them.
public enum ArchiveErasure {
    private static let window: Int64 = 1_000
    private static let last: PostgresStatement =
        "select max(id) from (select id from archived_jobs where id > $1 order by id limit $2) p"
    /// What was unreadable stands there in base64.
    private static let find: PostgresStatement = """
        select j.id, j.element from archived_jobs j where j.id > $1 and j.id <= $2 and (j.type = 'unreadable'
            or exists (select from unnest($3::bytea[]) as n (name) where position(n.name in j.element) > 0))
        order by j.id for update
        """
    private static let rewrite: PostgresStatement = "update archived_jobs set element = $2 where id = $1"
    private static let remove: PostgresStatement = "delete from archived_jobs where id = $1"

    /// One step; nil when it was the last. The rows keep the hash of the element as it was.
    /// - Parameter position: behind which row to begin: 0 at first, then what the step before returned.
    public static func step(
        after position: Int64, identities: [String], _ redaction: CustomerRedaction, _ outcome: inout Outcome,
        in session: PostgresSession
    ) throws(PostgresError) -> Int64? {
        guard let end = try session.execute(last, [.int8(position), .int8(window)]).only().optionalInt64(0) else {
            return nil
        }
        var names = PostgresArray.bytea(capacity: identities.count)
        for name in identities { names.append(bytes: Array(name.utf8)) }
        let jobs = JobRedaction(redaction: redaction)
        for row in try session.execute(find, [.int8(position), .int8(end), .array(names)]) {
            let id = try row.int64(0)
            let result = jobs.rest(of: ByteBuffer(bytes: try row.bytes(1)))
            outcome.names.formUnion(result.names)
            switch result.outcome {
            case .untouched: continue
            case .removed: _ = try session.execute(remove, [.int8(id)])
            case .replaced(let rest): _ = try session.execute(rewrite, [.int8(id), .bytea(rest)])
            }
            outcome.changed += 1
        }
        return end
    }

    public struct Outcome: Sendable, Equatable {
        public var changed = 0
        /// Names of messages that were cut out.
        public var names: Set<String> = []

        public init() {}
    }
}
