internal import ConsolePages
internal import MediaFiles
internal import Tenants

/// Turns what is stored into what a thread shows.
enum ThreadLook {
    /// Nil for a message that only changed another one.
    static func message(_ row: ThreadRow, in thread: ThreadContents) -> ThreadMessage? {
        let effects = thread.effects[row.id] ?? ThreadEffects()
        if effects.isApplied { return nil }
        let isWaiting = row.isOutbound && (row.status == "queued" || row.status == "unknown")
        let isOurs = row.isOutbound && row.origin != nil
        return ThreadMessage(
            id: row.id, wamid: row.wamid, isOutbound: row.isOutbound, type: row.type,
            text: row.text, at: PageTime(microseconds: row.at), status: row.status,
            reply: row.replyTo.map { wamid in
                let known = thread.answered[wamid]
                return ReplyContext(
                    author: known?.isOutbound == true ? .us : .customer,
                    text: known?.isRevoked == true ? "Deleted by the sender" : known?.text ?? "An earlier message",
                    messageID: known?.id)
            }, reactions: effects.reactions, editedAt: row.editedAt.map { PageTime(microseconds: $0) },
            isRevoked: row.revokedAt != nil,
            media: row.mediaID.map { _ in media(row) },
            link: effects.link,
            failure: row.hasEndedUnsent ? row.reason : nil,
            waitingFor: isWaiting ? row.reason : nil, canResend: isOurs && row.hasEndedUnsent,
            sentAgainAs: thread.again[row.id].map { again(as: $0, in: thread) },
            canCancel: isOurs && row.status == "queued", isEcho: row.isOutbound && row.origin == nil)
    }

    /// The newer one stands on this page, or on the newest one, where what is sent again belongs.
    private static func again(as id: String, in thread: ThreadContents) -> MessageLink {
        MessageLink(
            messageID: id,
            conversationID: thread.rows.contains { $0.id == id } ? nil : String(thread.conversation.id))
    }

    private static func media(_ row: ThreadRow) -> MediaMark {
        let note: String? =
            switch row.file?.state {
            case "stored": nil
            case "failed": row.file?.reason ?? "The file could not be fetched."
            case .some: row.file?.reason.map { "Not there yet. \($0)" } ?? "The file is being fetched."
            case nil: "The file itself is not kept here."
            }
        return MediaMark(
            mimeType: row.mediaType.flatMap(MIMEType.init)?.text, filename: row.filename,
            path: row.file?.isStored == true ? MediaPages.path(of: row.id) : nil, size: row.file?.size, note: note)
    }

    static func state(_ thread: ThreadContents) -> ThreadPage.SendState {
        guard let config = thread.config else { return .notSetUp }
        guard config.isActive else { return .inactive }
        if config.status == "paused" { return .paused(reason: config.statusReason ?? "token rejected") }
        let isOpen = thread.conversation.windowClosesAt.map { $0 > PageTime.now.microseconds } ?? false
        return isOpen ? .open : .windowClosed(hasTemplate: config.template != nil)
    }
}

extension ConversationSummary {
    /// How people write the customer's number; their BSUID where there is none.
    var address: String? { phone.map { "+" + $0 } ?? userID }
}
