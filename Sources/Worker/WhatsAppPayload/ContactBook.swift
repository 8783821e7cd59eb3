import LenientJSON

/// The `contacts` of one value, to be matched to its messages and statuses.
struct ContactBook {
    private let contacts: [Customer]
    /// Only for many contacts: identity → index, so that a large body is matched in linear time.
    private let indexByWaID: [String: Int]
    private let indexByUserID: [String: Int]

    init(_ array: JSONValue?) {
        var contacts: [Customer] = []
        for contact in (array?.elements).map(Array.init) ?? [] {
            var customer = Customer(
                phone: contact["wa_id"], userID: contact["user_id"], parentUserID: contact["parent_user_id"])
            let profile = contact["profile"]
            customer.profileName = profile?.text("name")
            customer.username = profile?.text("username") ?? contact.text("username")
            contacts.append(customer)
        }
        self.contacts = contacts
        var indexByWaID: [String: Int] = [:]
        var indexByUserID: [String: Int] = [:]
        if contacts.count > 8 {
            for (index, contact) in contacts.enumerated().reversed() {
                if let waID = contact.waID { indexByWaID[waID] = index }
                if let userID = contact.userID { indexByUserID[userID] = index }
            }
        }
        self.indexByWaID = indexByWaID
        self.indexByUserID = indexByUserID
    }

    /// The contact with one of these identities; the BSUID decides where both are known.
    func contact(of customer: Customer) -> Customer? {
        if let userID = customer.userID {
            if let found = contact(userID: userID) { return found }
            // A phone number may have gone to somebody else: not whom another BSUID names.
            return customer.waID.flatMap { contact(waID: $0) }.flatMap { $0.userID == nil ? $0 : nil }
        }
        return customer.waID.flatMap { contact(waID: $0) }
    }

    /// What the message says about its customer, completed by the contact that belongs to it.
    ///
    /// By position only as a last resort: for a message that names nobody, where there is one contact for each message;
    /// or for the only contact beside the only message (`from` and `wa_id` may differ in Brazil and Mexico), unless two
    /// BSUIDs contradict it.
    func complete(_ customer: Customer, at index: Int, of count: Int) -> Customer {
        guard !contacts.isEmpty else { return customer }
        if let found = contact(of: customer) { return merge(customer, found) }
        guard contacts.count == count, index < count, count == 1 || !customer.isIdentified else { return customer }
        let neighbour = contacts[index]
        if customer.userID != nil, neighbour.userID != nil { return customer }
        return merge(customer, neighbour)
    }

    private func merge(_ customer: Customer, _ contact: Customer) -> Customer {
        Customer(
            userID: customer.userID ?? contact.userID, parentUserID: customer.parentUserID ?? contact.parentUserID,
            waID: customer.waID ?? contact.waID, profileName: contact.profileName, username: contact.username)
    }

    private func contact(userID: String) -> Customer? {
        if contacts.count > 8 { return indexByUserID[userID].map { contacts[$0] } }
        return contacts.first { $0.userID == userID }
    }

    private func contact(waID: String) -> Customer? {
        if contacts.count > 8 { return indexByWaID[waID].map { contacts[$0] } }
        return contacts.first { $0.waID == waID }
    }
}
