internal import WhatsAppPayload

/// What a `system` message says about a person: by what they were known, and by what they are from now on.
struct IdentityChange {
    let old: CustomerKey
    let new: CustomerKey
    /// Microseconds since 1970.
    let time: Int64
    let isNumberChange: Bool
    /// Only then are the two business-scoped ids known to be one person's.
    var namesPreviousUserID: Bool { old.userID != nil && new.userID != nil }

    /// Nil for messages that change no identity, also for those that name only one side.
    init?(_ row: RoutedMessage) {
        guard let change = row.message.systemChange else { return nil }
        switch change.kind {
        case .numberChanged: isNumberChange = true
        case .userIDChanged: isNumberChange = false
        case .identityChanged: return nil
        }
        let old = CustomerKey(tenant: row.tenant, phone: change.oldWaID, userID: change.previousUserID)
        let new = CustomerKey(tenant: row.tenant, phone: change.newWaID, userID: change.newUserID)
        guard old.phone != nil || old.userID != nil, new.phone != nil || new.userID != nil else { return nil }
        self.old = old
        self.new = new
        time = row.sentAt
    }
}
