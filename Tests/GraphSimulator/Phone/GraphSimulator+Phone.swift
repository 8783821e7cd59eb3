import Synchronization

/// What a customer does with the phone.
extension GraphSimulator {
    /// A line of a conversation, as the phone shows it.
    struct PhoneLine: Sendable {
        var wamid: String
        var isFromBusiness: Bool
        var shown: ShownMessage
        /// Milliseconds since 1970.
        var at: Int64
        var type: String
        /// Of the business's: the customer has seen it. Of the customer's: Ingress has it.
        var isDone: Bool
        var isTapped: Bool
    }

    /// Writes to the business: a signed webhook goes to Ingress, and again until it was answered with 200.
    /// - Returns: The message's wamid; nil if there is no such number, or webhooks go nowhere.
    @discardableResult
    public func write(
        _ text: String, as customer: Customer, to phoneNumberID: String, repliesTo: String? = nil
    ) -> String? {
        let moment = Self.now()
        guard let number = state.withLock({ $0.api.numbers[phoneNumberID] }) else { return nil }
        let webhook = Webhook(
            .text(text), from: customer, to: number, repliesTo: repliesTo,
            timestamp: Int(moment.wallMilliseconds / 1_000))
        let line = PhoneBook.Line(
            wamid: webhook.wamid, customer: customer.waID ?? customer.userID ?? "", phoneNumberID: phoneNumberID,
            text: text, repliesTo: repliesTo, writtenAt: moment.wallMilliseconds)
        state.withLock { $0.phone.write(line) }
        let isPosted = post([(.message(body: webhook.body, wamid: webhook.wamid), afterMilliseconds: 0)])
        return isPosted ? webhook.wamid : nil
    }

    /// The customer sees a message of the business: the first time, a `read` status goes to Ingress.
    public func read(_ wamid: String) {
        let isFirst = state.withLock { state in
            // Where every message is read by itself, that has been said already.
            state.phone.markRead(wamid) && !state.statuses.statuses.contains("read")
        }
        if isFirst { postStatus("read", of: wamid) }
    }

    /// The customer taps the button of a quote link, and so has read it.
    public func tap(_ wamid: String) {
        state.withLock { $0.phone.markTapped(wamid) }
        read(wamid)
    }

    /// The business's messages whose button was tapped.
    public var tapped: Set<String> { state.withLock { $0.phone.tapped } }

    /// A customer's conversation with a number, oldest first.
    func conversation(of customer: String, with phoneNumberID: String) -> [PhoneLine] {
        let (sends, book) = state.withLock { state in
            (
                state.sends.all.filter { $0.phoneNumberID == phoneNumberID && $0.whatsAppID == customer },
                state.phone
            )
        }
        var lines = sends.suffix(200).map { send in
            PhoneLine(
                wamid: send.wamid, isFromBusiness: true, shown: ShownMessage(body: send.body), at: send.acceptedAt,
                type: send.type, isDone: book.read.contains(send.wamid), isTapped: book.tapped.contains(send.wamid))
        }
        for line in book.lines where line.customer == customer && line.phoneNumberID == phoneNumberID {
            var shown = ShownMessage(text: line.text)
            shown.repliesTo = line.repliesTo
            shown.file = line.file
            lines.append(
                PhoneLine(
                    wamid: line.wamid, isFromBusiness: false, shown: shown, at: line.writtenAt, type: "text",
                    isDone: book.posted.contains(line.wamid), isTapped: false))
        }
        return lines.sorted { ($0.at, $0.wamid) < ($1.at, $1.wamid) }
    }
}
