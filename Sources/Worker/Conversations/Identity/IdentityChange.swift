internal import WhatsAppPayload

/// What a `system` message says about a person: by what they were known, and by what they are from now on. Either their
/// number was changed for another one, or both their ids are named, or both.
struct IdentityChange {
    let old: CustomerKey
    let new: CustomerKey
    /// Microseconds since 1970.
    let time: Int64
    /// Of the message that tells it.
    let wamid: String
    let isNumberChange: Bool
    /// Only then are the two business-scoped ids known to be one person's.
    var namesPreviousUserID: Bool { old.userID != nil && new.userID != nil }

    /// Nil where a message says no more than by what a person is known now.
    init?(_ row: RoutedMessage) {
        guard let change = row.message.systemChange else { return nil }
        let old = CustomerKey(tenant: row.tenant, phone: change.oldWaID, userID: change.previousUserID)
        let new = CustomerKey(tenant: row.tenant, phone: change.newWaID, userID: change.newUserID)
        switch change.kind {
        case .numberChanged:
            isNumberChange = new.phone != nil && new.phone != old.phone && (old.phone != nil || old.userID != nil)
        case .userIDChanged: isNumberChange = false
        case .identityChanged: return nil
        }
        guard isNumberChange || (old.userID != nil && new.userID != nil) else { return nil }
        self.old = old
        self.new = new
        time = row.sentAt
        wamid = row.message.wamid
    }
}
