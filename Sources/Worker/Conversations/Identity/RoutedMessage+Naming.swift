internal import WhatsAppPayload

/// By what a message names its customer.
extension RoutedMessage {
    /// What it says about a person whose number or id was replaced.
    var change: IdentityChange? { message.systemChange == nil ? nil : IdentityChange(self) }

    /// By what its customer is known; of news of a change, see ``change``.
    var key: CustomerKey {
        let customer = message.customer
        if let news = message.systemChange, news.kind != .identityChanged, news.previousUserID == nil,
            let user = news.newUserID
        {
            // Nothing ties the new id to an old one: the person has it, and the number, from now on.
            return CustomerKey(
                tenant: tenant, phone: news.newWaID ?? news.oldWaID ?? customer.waID, userID: user)
        }
        return CustomerKey(tenant: tenant, phone: customer.waID, userID: customer.userID)
    }

    /// The customer's number: where nothing else says whose message it is, and where it came beside their id.
    var number: (alone: String?, withID: String?) {
        let named = change?.old ?? key
        return named.userID == nil ? (named.phone, nil) : (nil, named.phone)
    }
}
