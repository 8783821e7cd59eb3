internal import ConsolePages
internal import Tenants

/// Turns what is stored into what a thread shows.
enum ThreadLook {
    private static let retriable: Set<String> = ["failed", "expired", "cancelled"]

    static func message(_ row: ThreadRow, answered: [String: ThreadRow.Answered]) -> ThreadMessage {
        let isWaiting = row.isOutbound && (row.status == "queued" || row.status == "unknown")
        let isOurs = row.isOutbound && row.origin != nil
        return ThreadMessage(
            id: row.id, wamid: row.wamid, isOutbound: row.isOutbound, type: row.type, text: row.text,
            at: PageTime(microseconds: row.at), status: row.status,
            reply: row.replyTo.map { wamid in
                let known = answered[wamid]
                return ReplyContext(
                    author: known?.isOutbound == true ? .us : .customer, text: known?.text ?? "An earlier message",
                    messageID: known?.id)
            },
            media: row.mediaID.map { _ in MediaMark(mimeType: row.mediaType, filename: row.filename) },
            failure: row.isOutbound && retriable.contains(row.status) ? row.reason : nil,
            waitingFor: isWaiting ? row.reason : nil, canResend: isOurs && retriable.contains(row.status),
            canCancel: isOurs && row.status == "queued", isEcho: row.isOutbound && row.origin == nil)
    }

    static func state(_ thread: ThreadContents) -> ThreadPage.SendState {
        guard let config = thread.config else { return .notSetUp }
        guard config.isActive else { return .inactive }
        if config.status == "paused" { return .paused(reason: config.statusReason ?? "token rejected") }
        let isOpen = thread.conversation.windowClosesAt.map { $0 > PageSite.now.microseconds } ?? false
        return isOpen ? .open : .windowClosed(hasTemplate: config.template != nil)
    }
}

extension ConversationSummary {
    /// How people write the customer's number; their BSUID where there is none.
    var address: String? { phone.map { "+" + $0 } ?? userID }
}
