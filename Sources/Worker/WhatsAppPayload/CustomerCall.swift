import LenientJSON

/// A call that a customer made to the business. It opens the 24-hour window as a message does, answered or not.
///
/// Source: Meta's "Sending messages", customer service window; "User-initiated calls" and "API and webhook reference" of the
/// Calling API.
public struct CustomerCall: Sendable, Equatable {
    public var customer: Customer
    /// When it began, in seconds since 1970.
    public var startedAt: Int64
}

/// Reads the field `calls`, whose change is kept whole as an event beside.
enum CallReader {
    /// The calls of a value that customers made and that say by whom and when. The same call is there each time that
    /// something of it is told: that it rings, that it has ended.
    static func read(_ value: JSONValue) -> [CustomerCall] {
        guard let calls = value["calls"], calls.isArray else { return [] }
        let contacts = ContactBook(value["contacts"])
        let own = value["metadata"]?.identifier("display_phone_number").map(PersonIdentifier.waID)
        let count = calls.elements.reduce(0) { sum, _ in sum + 1 }
        var read: [CustomerCall] = []
        for (index, call) in calls.elements.enumerated() where call.isObject {
            guard let direction = call["direction"],
                direction.isText("USER_INITIATED") || direction.isText("user_initiated"),
                let start = call["start_time"]?.timestamp ?? call["timestamp"]?.timestamp
            else { continue }
            var caller = Customer(
                phone: call["from"], userID: call["from_user_id"], parentUserID: call["from_parent_user_id"])
            // Examples of Meta's name the business itself as the caller.
            if caller.waID == own { caller.waID = nil }
            let customer = contacts.complete(caller, at: index, of: count)
            if customer.isIdentified { read.append(CustomerCall(customer: customer, startedAt: start)) }
        }
        return read
    }
}
