import TestSupport

/// What Postgres holds at the end.
struct StoredItems: Sendable {
    struct Message: Sendable {
        let text: String
        let conversation: String
        /// When the transaction that stored it began, in Unix milliseconds.
        let storedAt: Int64
    }

    struct Status: Sendable {
        let status: String
        let storedAt: Int64
    }

    var messages: [String: [Message]] = [:]
    var statuses: [String: [Status]] = [:]
    /// Rows elsewhere, where nothing of the load belongs: table and count.
    var elsewhere: [(table: String, rows: Int)] = []

    /// - Parameter sends: Meta's ids of our own sends, whose statuses another ledger is about.
    static func read(from deployment: Deployment, besides sends: Set<String>) async throws -> StoredItems {
        func rows(_ sql: String) async throws -> [[String?]] {
            try await deployment.postgres.rows(sql, on: deployment.settings.databaseURL)
        }
        let milliseconds = "floor(extract(epoch from created_at) * 1000)::bigint"
        var stored = StoredItems()
        for row in try await rows(
            "select wamid, text, conversation_id, \(milliseconds) from whatsapp_messages where request is null")
        {
            stored.messages[row[0] ?? "", default: []].append(
                Message(text: row[1] ?? "", conversation: row[2] ?? "", storedAt: Int64(row[3] ?? "") ?? 0))
        }
        for row in try await rows("select wamid, status, \(milliseconds) from whatsapp_message_statuses")
        where !sends.contains(row[0] ?? "") {
            stored.statuses[row[0] ?? "", default: []].append(
                Status(status: row[1] ?? "", storedAt: Int64(row[2] ?? "") ?? 0))
        }
        for table in ["whatsapp_unrouted", "whatsapp_events"] {
            let count = try await rows("select count(*) from \(table)")
            stored.elsewhere.append((table, Int(count.first?.first.flatMap { $0 } ?? "") ?? 0))
        }
        return stored
    }

    /// When the item with that wamid was stored.
    func storedAt(_ wamid: String) -> Int64? {
        messages[wamid]?.first?.storedAt ?? statuses[wamid]?.first?.storedAt
    }
}
