import Synchronization

/// What a test asks of the simulator, and what it tells it to do.
extension GraphSimulator {
    /// The last requests that were remembered, oldest first.
    public var requests: [GraphRequest] { state.withLock { Array($0.requests.all) } }
    /// The last messages that were accepted, oldest first.
    public var sends: [AcceptedSend] { state.withLock { Array($0.sends.all) } }

    /// By their id.
    public var numbers: [BusinessNumber] {
        state.withLock { $0.api.numbers.values.sorted { $0.phoneNumberID < $1.phoneNumberID } }
    }

    public var summary: SimulatorSummary {
        let waiting = webhooksWaiting
        return state.withLock { state in
            let ledger = state.ledger
            return SimulatorSummary(
                posts: ledger.posts, taken: ledger.taken,
                messages: ledger.entries.values.reduce(0) { $0 + ($1.taken > 0 ? 1 : 0) }, doubled: ledger.doubled,
                refused: ledger.refused, cut: ledger.cut, lost: ledger.lost, webhooksWaiting: waiting)
        }
    }

    /// How often each message was taken, by the id in its callback data; those that were only refused are there with 0.
    public var takenByMessage: [String: Int] { state.withLock { $0.ledger.entries.mapValues(\.taken) } }

    /// How often a message was asked for and taken, by the id in its callback data.
    public func count(ofMessage id: String) -> (posts: Int, taken: Int) {
        let entry = state.withLock { $0.ledger.entries[id] }
        return (entry?.posts ?? 0, entry?.taken ?? 0)
    }

    public func sends(to recipient: String) -> [AcceptedSend] {
        sends.filter { $0.recipient == recipient || $0.whatsAppID == recipient }
    }

    /// Adds a number, or replaces what is known of it.
    public func add(_ number: BusinessNumber) {
        state.withLock { $0.api.put(number) }
    }

    /// From now on only this token reads the number; the one before it is answered with 190.
    public func setToken(_ token: String, ofNumber id: String) {
        state.withLock { state in
            guard var number = state.api.numbers[id] else { return }
            number.accessToken = token
            state.api.put(number)
        }
    }

    /// Every call for this number is answered with 190, until ``setToken(_:ofNumber:)``.
    public func revokeToken(ofNumber id: String) {
        setToken("revoked-" + Webhook.freshWamid(), ofNumber: id)
    }

    /// The next request without an answer of its own gets this one; several are used up in order.
    public func script(_ answer: GraphAnswer) {
        state.withLock { $0.answers.append(answer) }
    }

    /// Adds a rule behind those that are there already.
    public func script(_ rule: ScriptRule) {
        state.withLock { $0.script.add(rule) }
    }

    public func clearScript() {
        state.withLock { state in
            state.script.removeAll()
            state.answers.removeAll()
        }
    }

    public func setThrottles(_ throttles: Throttles) {
        state.withLock { $0.throttle.limits = throttles }
    }

    /// The limit of one number; nil: none.
    public func setThrottle(perSecond: Int?, ofNumber id: String) {
        state.withLock { $0.throttle.numberPerSecond[id] = .some(perSecond) }
    }

    public func setStatuses(_ plan: StatusPlan) {
        state.withLock { $0.statuses = plan }
    }

    /// Posts one status of a message that was accepted.
    /// - Returns: False if no such message is remembered, or nothing is posted.
    @discardableResult
    public func postStatus(_ status: String, of wamid: String, error: GraphError? = nil) -> Bool {
        let item: StatusItem? = state.withLock { state in
            guard let send = state.sends.all.last(where: { $0.wamid == wamid }),
                let number = state.api.numbers[send.phoneNumberID]
            else { return nil }
            return StatusItem(
                status: status, wamid: wamid, recipient: send.whatsAppID, callbackData: send.callbackData,
                error: error, number: number)
        }
        return item.map { post([(.status($0, batch: 1), afterMilliseconds: 0)]) } ?? false
    }

    /// Forgets what was asked and taken; numbers, script and throttles stay.
    public func forget() {
        state.withLock { state in
            state.requests.removeAll()
            state.sends.removeAll()
            state.ledger = SendLedger()
            state.phone = PhoneBook()
        }
    }
}
