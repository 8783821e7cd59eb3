internal import Conversations
internal import Identifiers
internal import OpenSSLKit
public import Postgres
internal import Tenants

/// Writes sends: the row is the truth, and everything else only its turn.
public enum SendStore {
    /// Turns orders into messages: a handful of statements, however many there are.
    ///
    /// An order whose key stands for a message already is answered with that message, whatever has changed since. Two
    /// transactions with the same keys wait for one another; the later one finds what the earlier one wrote.
    ///
    /// Call it once in a transaction, and push the turns after its commit.
    /// - Parameter now: Unix milliseconds.
    /// - Returns: what became of each order, in their order.
    public static func submit(
        _ orders: [SendOrder], now: Int64, in session: PostgresSession
    ) throws(PostgresError) -> [Submission] {
        guard !orders.isEmpty else { return [] }
        var batch = SendBatch(orders, now: now)
        try batch.findRecipients(in: session)
        batch.nameKeys()
        let pending = batch.leaders
        let contexts = try SendTable.look(up: pending.map { batch.entries[$0] }, in: session)
        let fresh = zip(pending, contexts).compactMap { index, context in
            batch.judge(index, context) ? index : nil
        }
        if !fresh.isEmpty { try write(fresh, of: &batch, in: session) }
        return batch.results()
    }

    /// Writes what nobody has asked for before. Rows enter in key order, so that two workers with the same orders wait
    /// for one another instead of deadlocking.
    private static func write(
        _ fresh: [Int], of batch: inout SendBatch, in session: PostgresSession
    ) throws(PostgresError) {
        let addressees = fresh.map { index in
            let entry = batch.entries[index]
            return ConversationDirectory.Addressee(
                tenant: entry.order.tenant.value, phone: entry.request.recipient?.phoneDigits,
                userID: entry.request.recipient?.userID)
        }
        let conversations = try ConversationDirectory.findOrOpen(
            addressees, at: batch.now * 1_000, in: session)
        for (index, conversation) in zip(fresh, conversations) { batch.entries[index].conversation = conversation }
        let ordered = fresh.sorted { batch.entries[$0].place < batch.entries[$1].place }
        let written = try SendTable.insert(ordered.map { batch.entries[$0] }, now: batch.now, in: session)
        var overtaken: [Int] = []
        for index in ordered {
            let entry = batch.entries[index]
            guard written.contains(entry.messageID) else {
                overtaken.append(index)
                continue
            }
            batch.entries[index].result = .new(
                SubmittedMessage(id: entry.messageID, status: "queued"), turn: entry.turn(now: batch.now))
        }
        guard !overtaken.isEmpty else { return }
        // Somebody committed the same keys between our look and our insert: now they can be seen.
        let contexts = try SendTable.look(up: overtaken.map { batch.entries[$0] }, in: session)
        for (index, context) in zip(overtaken, contexts) { _ = batch.judge(index, context) }
    }
}
