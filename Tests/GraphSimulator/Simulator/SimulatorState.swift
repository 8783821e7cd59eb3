/// Everything that the simulator knows, and what it makes of a request. Time and ids are handed in.
struct SimulatorState: Sendable {
    struct Moment {
        /// Of a clock that never jumps.
        var milliseconds: Int64
        /// Since 1970.
        var wallMilliseconds: Int64
    }

    var api: GraphAPI
    var script: SendScript
    var throttle: ThrottleState
    var statuses: StatusPlan
    var ledger = SendLedger()
    var phone = PhoneBook()
    var shelf = MediaShelf()
    /// Answers to whatever comes next, first of all.
    var answers: [GraphAnswer] = []
    var requests: KeptLast<GraphRequest>
    var sends: KeptLast<AcceptedSend>

    init(numbers: [BusinessNumber], options: SimulatorOptions) {
        api = GraphAPI(numbers: numbers)
        script = SendScript(seed: options.seed)
        throttle = ThrottleState(limits: options.throttles)
        statuses = options.statuses
        requests = KeptLast(limit: options.remembered)
        sends = KeptLast(limit: options.remembered)
    }

    /// - Parameter body: What a send asks for; nil for other requests.
    mutating func handle(
        _ request: GraphRequest, _ endpoint: GraphAPI.Endpoint, body: Result<SendBody, GraphError>?, at moment: Moment
    ) -> Fate {
        var request = request
        request.receivedAt = moment.milliseconds
        requests.append(request)
        if !answers.isEmpty { return Fate(ending: .answer(answers.removeFirst())) }
        do throws(GraphError) {
            switch endpoint {
            case .number(let id):
                if let file = shelf.files[id] {
                    _ = try api.number(file.phoneNumberID, token: request.bearerToken)
                    let host = request.headers["host"] ?? ""
                    return Fate(ending: .answer(try shelf.lookUp(file, host: host, now: moment.milliseconds)))
                }
                return Fate(ending: .answer(GraphAPI.describe(try api.number(id, token: request.bearerToken))))
            case .subscribedApps(let account):
                return Fate(ending: .answer(try api.subscribedApps(account, token: request.bearerToken)))
            case .phoneNumbers(let account, let after):
                return Fate(
                    ending: .answer(try api.phoneNumbers(account, after: after, token: request.bearerToken)))
            case .messages(let id):
                guard let body else { throw .unknownPath(request.path) }
                return send(body, from: id, request, at: moment)
            case .file(let key):
                guard let file = shelf.file(at: key, now: moment.milliseconds) else {
                    return Fate(ending: .answer(MediaShelf.nothing))
                }
                _ = try api.number(file.phoneNumberID, token: request.bearerToken)
                return shelf.download(file)
            case .unknown:
                throw .unknownPath(request.path)
            }
        } catch {
            return Fate(ending: .answer(error.answer))
        }
    }

    private mutating func send(
        _ body: Result<SendBody, GraphError>, from id: String, _ request: GraphRequest, at moment: Moment
    ) -> Fate {
        let key = (try? body.get().callbackData).flatMap { $0 }.map { MessageKey.of(callbackData: $0) }
        let earlier = ledger.post(key)
        do throws(GraphError) {
            let number = try api.number(id, token: request.bearerToken)
            let send = try body.get()
            guard case .message(let type) = send.kind else { return Fate(ending: .answer(GraphAPI.readReceipt)) }
            let rule = script.strike(
                SendScript.Attempt(
                    number: id, recipient: send.recipient, type: type, messageKey: key, earlier: earlier))
            var fate: Fate
            switch rule?.effect {
            case .refuse(let error):
                throw error
            case .answer(let answer):
                fate = Fate(ending: .answer(answer))
            case .cutBefore:
                ledger.cutOne()
                fate = Fate(ending: .cut)
            case .cutAfter:
                fate = try take(send, type: type, key: key, number, request, rule: rule, at: moment)
                ledger.cutOne()
                fate.ending = .cut
            case .loseAnswer:
                fate = try take(send, type: type, key: key, number, request, rule: rule, at: moment)
                ledger.loseOne()
                fate.ending = .silence
            case .fail, .take, nil:
                fate = try take(send, type: type, key: key, number, request, rule: rule, at: moment)
            }
            fate.latencyMilliseconds = rule?.latencyMilliseconds ?? 0
            return fate
        } catch {
            ledger.refuse(error.code)
            return Fate(ending: .answer(error.answer))
        }
    }

    private mutating func take(
        _ send: SendBody, type: String, key: String?, _ number: BusinessNumber, _ request: GraphRequest,
        rule: ScriptRule?, at moment: Moment
    ) throws(GraphError) -> Fate {
        if let error = throttle.take(
            number: number.phoneNumberID, recipient: send.recipient, at: moment.milliseconds)
        {
            throw error
        }
        let accepted = AcceptedSend(
            wamid: Webhook.freshWamid(), phoneNumberID: number.phoneNumberID, recipient: send.recipient, type: type,
            callbackData: send.callbackData, acceptedAt: moment.wallMilliseconds, body: request.body)
        ledger.take(key)
        sends.append(accepted)
        return Fate(
            ending: .answer(GraphAPI.accept(send, type: type, wamid: accepted.wamid)),
            letters: letters(about: accepted, number, rule: rule))
    }

    private func letters(
        about send: AcceptedSend, _ number: BusinessNumber, rule: ScriptRule?
    ) -> [(Mailbag.Letter, afterMilliseconds: Int)] {
        var plan = rule?.statuses ?? statuses
        var failure: GraphError?
        if case .fail(let error) = rule?.effect {
            failure = error
            plan.statuses = ["failed"]
        }
        return plan.schedule().map { status, after in
            let item = StatusItem(
                status: status, wamid: send.wamid, recipient: send.whatsAppID, callbackData: send.callbackData,
                error: failure, number: number)
            return (.status(item, batch: plan.batch), afterMilliseconds: after)
        }
    }
}
