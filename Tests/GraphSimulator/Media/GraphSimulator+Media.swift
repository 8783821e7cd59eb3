import Synchronization

/// Files that customers send.
extension GraphSimulator {
    /// Keeps a file, so that it can be looked up and fetched with its number's token.
    @discardableResult
    public func keep(_ file: SimulatedFile) -> SimulatedFile {
        state.withLock { $0.shelf.put(file) }
        return file
    }

    /// A customer sends a file: it is kept, and a signed webhook tells of it.
    /// - Returns: The message's wamid; nil if there is no such number, or webhooks go nowhere.
    @discardableResult
    public func send(_ file: SimulatedFile, caption: String? = nil, as customer: Customer) -> String? {
        keep(file)
        let moment = Self.now()
        guard let number = state.withLock({ $0.api.numbers[file.phoneNumberID] }) else { return nil }
        let webhook = Webhook(
            .file(file, caption: caption), from: customer, to: number,
            timestamp: Int(moment.wallMilliseconds / 1_000))
        var line = PhoneBook.Line(
            wamid: webhook.wamid, customer: customer.waID ?? customer.userID ?? "",
            phoneNumberID: file.phoneNumberID, text: caption ?? "", writtenAt: moment.wallMilliseconds)
        line.file = file.id
        state.withLock { $0.phone.write(line) }
        let isPosted = post([(.message(body: webhook.body, wamid: webhook.wamid), afterMilliseconds: 0)])
        return isPosted ? webhook.wamid : nil
    }

    /// What goes wrong with a file, so many times.
    public func strike(_ fault: MediaFault, file id: String, times: Int = 1) {
        state.withLock { $0.shelf.strike(id, fault, times: times) }
    }

    /// Nothing goes wrong with it any more.
    public func mend(file id: String) {
        state.withLock { $0.shelf.mend(id) }
    }

    public func lookUps(ofFile id: String) -> Int { state.withLock { $0.shelf.lookUps[id] ?? 0 } }
    /// Downloads that began.
    public func downloads(ofFile id: String) -> Int { state.withLock { $0.shelf.downloads[id] ?? 0 } }

    func file(_ id: String) -> SimulatedFile? { state.withLock { $0.shelf.files[id] } }
}
