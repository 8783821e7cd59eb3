internal import Conversations
internal import Identifiers
internal import OpenSSLKit
internal import OutboundLanes
internal import Postgres
internal import Tenants

/// One order on its way into a row.
struct SendEntry {
    let order: SendOrder
    var request: SendRequest
    let messageID: String
    var key = ""
    var hash: [UInt8] = []
    /// The request under which it was asked, in one spelling.
    var canonical = ""
    /// The number that sends.
    var number = ""
    var conversation: Int64 = 0
    var result: Submission?

    /// In which order rows enter the table.
    var place: (Int64, String) { (order.tenant.value, key) }

    /// Its turn; nil while its time has not come.
    /// - Parameter now: Unix milliseconds.
    func turn(now: Int64) -> Turn? {
        guard request.sendAt.map({ $0 <= now * 1_000 }) ?? true else { return nil }
        return Turn(
            messageID: messageID, tenant: order.tenant.description, number: number,
            recipientKey: Turn.recipientKey(of: request.recipient?.text ?? ""), type: request.content.type)
    }
}

/// Orders that are submitted together.
struct SendBatch {
    private struct Name: Hashable {
        let tenant: Int64
        let key: String
    }

    let now: Int64
    var entries: [SendEntry]
    /// Of each entry, the first one with the same tenant and key.
    private var leaderOf: [Int] = []

    init(_ orders: [SendOrder], now: Int64) {
        self.now = now
        var generator = ULIDGenerator()
        let stamp = UInt64(max(0, now))
        entries = orders.map { order in
            SendEntry(
                order: order, request: order.request,
                messageID: generator.next(milliseconds: stamp).description)
        }
    }

    /// Looks up whom the conversations that are named lead to.
    mutating func findRecipients(in session: PostgresSession) throws(PostgresError) {
        var indices: [Int] = []
        var questions: [ConversationDirectory.Question] = []
        for (index, entry) in entries.enumerated() {
            guard let conversation = entry.request.conversationID else { continue }
            let recipient = entry.request.recipient
            indices.append(index)
            questions.append(
                ConversationDirectory.Question(
                    tenant: entry.order.tenant.value, conversation: conversation,
                    identity: recipient?.phoneDigits ?? recipient?.userID))
        }
        let answers = try ConversationDirectory.identities(of: questions, in: session)
        for (index, answer) in zip(indices, answers) { entries[index].address(answer) }
    }

    /// Gives each entry its key, and those with the same key their leader.
    mutating func nameKeys() {
        var first: [Name: Int] = [:]
        for index in entries.indices {
            entries[index].name()
            let name = Name(tenant: entries[index].order.tenant.value, key: entries[index].key)
            if entries[index].result == nil, let leader = first[name] {
                leaderOf.append(leader)
            } else {
                if entries[index].result == nil { first[name] = index }
                leaderOf.append(index)
            }
        }
    }

    /// Entries that have to be looked at, one for each key.
    var leaders: [Int] { entries.indices.filter { leaderOf[$0] == $0 && entries[$0].result == nil } }

    /// Decides what the database's state makes of an entry.
    /// - Returns: whether it is to be written.
    mutating func judge(_ index: Int, _ context: SendContext) -> Bool {
        if let existing = context.existing {
            entries[index].result = entries[index].answer(existing)
            return false
        }
        do throws(SendRefusal) {
            entries[index].number = try context.admit(&entries[index].request, now: now)
            return true
        } catch {
            entries[index].result = .refused(error)
            return false
        }
    }

    /// What became of each order, in their order.
    func results() -> [Submission] {
        entries.indices.map { index in
            let (entry, leader) = (entries[index], entries[leaderOf[index]])
            let result = leader.result ?? .refused(SendRefusal(.invalidValue, "", "The request could not be stored."))
            guard leaderOf[index] != index, let message = result.message else { return result }
            return entry.answer(
                ExistingSend(
                    id: message.id, status: message.status, hash: leader.hash, request: leader.canonical))
        }
    }
}

extension SendEntry {
    /// Takes the recipient from a conversation.
    fileprivate mutating func address(_ identities: ConversationDirectory.Identities?) {
        let field = "conversation_id"
        guard let identities else {
            result = .refused(SendRefusal(.unknownConversation, field, "is no conversation of this tenant"))
            return
        }
        if request.recipient == nil {
            request.recipient =
                identities.phone.flatMap { Recipient(phone: "+" + $0) }
                ?? identities.userID.flatMap(Recipient.init(user:))
        } else if !identities.isAsked {
            result = .refused(
                SendRefusal(.unknownConversation, field, "is a conversation with another customer than the recipient"))
        }
        guard request.recipient != nil else {
            result = .refused(
                SendRefusal(.unknownConversation, field, "has no customer that could be written to"))
            return
        }
        // From here on the customer counts, so that a request that names them is the same request.
        request.conversationID = nil
    }

    fileprivate mutating func name() {
        key = order.effectiveKey(request)
        canonical = request.canonicalJSON
        hash = SHA256.hash(canonical).bytes
    }

    /// The answer where a message stands under the key already.
    fileprivate func answer(_ existing: ExistingSend) -> Submission {
        if existing.hash == hash { return .same(SubmittedMessage(id: existing.id, status: existing.status)) }
        return .conflict(
            SendConflict(
                key: key, shownKey: Recipient.shortened(request.recipient?.text, in: key), messageID: existing.id,
                status: existing.status,
                fields: RequestDifference.fields(stored: existing.request, canonical: canonical)))
    }
}
