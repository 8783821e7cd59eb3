import LenientJSON

/// Reads one element of `statuses`.
enum StatusReader {
    /// `biz_opaque_callback_data` has at most 512 characters, so at most this many bytes.
    private static let longestCallbackData = 2048

    /// Nil where the status has no usable id, or no word for what happened.
    static func read(_ status: JSONValue, _ scope: ChangeScope, raw: RawJSON) -> StatusUpdate? {
        guard let wamid = status.identifier("id"), let word = status.identifier("status") else { return nil }
        let type = status.identifier("recipient_type")
        let isGroup = type == "group"
        var recipient = Customer(
            phone: isGroup ? nil : status["recipient_id"], userID: status["recipient_user_id"],
            parentUserID: status["recipient_parent_user_id"])
        if !isGroup, let contact = scope.contacts.contact(of: recipient) {
            recipient.waID = recipient.waID ?? contact.waID
            recipient.userID = recipient.userID ?? contact.userID
            recipient.parentUserID = recipient.parentUserID ?? contact.parentUserID
        }
        // Three of Meta's own examples have the words the other way round.
        let participant = Customer(
            phone: status["recipient_participant_id"] ?? status["participant_recipient_id"],
            userID: status["recipient_participant_user_id"] ?? status["participant_recipient_user_id"],
            parentUserID: nil)
        let conversation = status["conversation"]
        return StatusUpdate(
            wabaID: scope.entry.wabaID, phoneNumberID: scope.phoneNumberID, wamid: wamid,
            status: word, timestamp: status["timestamp"]?.timestamp,
            recipientWaID: recipient.waID, recipientUserID: recipient.userID,
            recipientParentUserID: recipient.parentUserID, recipientType: type,
            groupID: status.identifier("group_id") ?? (isGroup ? status.identifier("recipient_id") : nil),
            participant: participant.waID ?? participant.userID, callbackData: callbackData(of: status),
            conversationID: conversation?.identifier("id"),
            conversationOrigin: conversation?["origin"]?.identifier("type"),
            conversationExpiry: conversation?["expiration_timestamp"]?.timestamp, pricing: pricing(of: status),
            errors: ReportedError.read(status["errors"]), raw: raw)
    }

    private static func callbackData(of status: JSONValue) -> String? {
        guard let text = status.text("biz_opaque_callback_data"), text.utf8.count <= longestCallbackData else {
            return nil
        }
        return text
    }

    private static func pricing(of status: JSONValue) -> StatusPricing? {
        guard let pricing = status["pricing"], pricing.isObject else { return nil }
        return StatusPricing(
            billable: pricing["billable"]?.lenientBool, model: pricing.identifier("pricing_model"),
            type: pricing.identifier("type"), category: pricing.identifier("category"))
    }
}
