internal import WhatsAppPayload

/// By what a message names its customer.
struct MessageNaming {
    /// By what its customer is known; of news of a change, see ``change``.
    let key: CustomerKey
    let change: IdentityChange?

    init(_ row: RoutedMessage) {
        change = IdentityChange(row)
        let customer = row.message.customer
        if let news = row.message.systemChange, change == nil, news.kind != .identityChanged,
            news.previousUserID == nil, let user = news.newUserID
        {
            // Nothing ties the new id to an old one: the person has it, and the number, from now on.
            key = CustomerKey(
                tenant: row.tenant, phone: news.newWaID ?? news.oldWaID ?? customer.waID, userID: user)
        } else {
            key = CustomerKey(tenant: row.tenant, phone: customer.waID, userID: customer.userID)
        }
    }

    /// The number, where nothing else says whose message it is.
    var namedBy: String? {
        if let change { return change.old.userID == nil ? change.old.phone : nil }
        return key.userID == nil ? key.phone : nil
    }

    /// The number that came beside an id.
    var withNumber: String? {
        if let change { return change.old.userID == nil ? nil : change.old.phone }
        return key.userID == nil ? nil : key.phone
    }
}
