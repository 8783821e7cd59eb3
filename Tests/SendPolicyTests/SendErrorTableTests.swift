import SendPolicy
import TestSupport
import Testing

@Suite("Error table of sends")
struct SendErrorTableTests {
    @Test(
        "Each documented code is in its class, whatever the HTTP status and is_transient say",
        arguments: DocumentedErrors.all)
    func documented(code: Int, class expected: SendErrorClass) {
        for status in [nil, 200, 400, 403, 500, 503] as [Int?] {
            for isTransient in [false, true] {
                let rule = SendErrorTable.rule(code: code, isTransient: isTransient, httpStatus: status)
                #expect(rule.class == expected)
                #expect(rule.code == code)
            }
        }
    }

    @Test("No row is there that the documentation does not have, and none twice")
    func rows() {
        let documented = Set(DocumentedErrors.all.map(\.code))
        #expect(SendErrorTable.rules.compactMap(\.code).filter { !documented.contains($0) } == [])
        #expect(Set(SendErrorTable.rules.map(\.code)).count == SendErrorTable.rules.count)
    }

    @Test("An unknown code fails, unless Meta says that it passes or the status is 500 or more")
    func unknown() {
        for code in [-1, 5, 199, 300, 2_500, 131_999, 999_999, .max] {
            #expect(SendErrorTable.rule(code: code, httpStatus: 400).class == .fail)
            #expect(SendErrorTable.rule(code: code, httpStatus: nil).class == .fail)
            #expect(SendErrorTable.rule(code: code, isTransient: true, httpStatus: 400).class == .maybeSent)
            #expect(SendErrorTable.rule(code: code, httpStatus: 500).class == .maybeSent)
            #expect(SendErrorTable.rule(code: code, httpStatus: 503).code == code)
        }
    }

    @Test(
        "An answer without a readable error is judged by its status",
        arguments: [
            (302, SendErrorClass.retryMessage), (400, .retryMessage), (403, .retryMessage), (404, .retryMessage),
            (407, .retryMessage), (408, .maybeSent), (413, .retryMessage), (429, .retryNumber), (500, .maybeSent),
            (502, .maybeSent), (504, .maybeSent), (200, .maybeSent),
        ])
    func unreadable(status: Int, expected: SendErrorClass) {
        #expect(SendErrorTable.rule(code: nil, httpStatus: status).class == expected)
    }

    @Test("A number that does not exist, or not for this token, pauses; any other wrong parameter fails")
    func lostNumber() {
        #expect(SendErrorTable.rule(code: 100, subcode: 33, httpStatus: 400).class == .pauseNumber)
        #expect(SendErrorTable.rule(code: 100, subcode: 2_494_010, httpStatus: 400).class == .fail)
        #expect(SendErrorTable.rule(code: 100, httpStatus: 400).class == .fail)
    }

    @Test("Every row is told in plain words: a clause, and advice in sentences")
    func words() {
        let codes = DocumentedErrors.all.map(\.code) + [5]
        for code in codes {
            let rule = SendErrorTable.rule(code: code, httpStatus: 400)
            #expect(rule.title.count > 10 && rule.title.count <= 100, "\(code)")
            #expect(rule.title.last != "." && rule.advice.last == ".", "\(code)")
            #expect(rule.advice.first?.isUppercase == true, "\(code)")
            for jargon in ["131", "OAuth", "HTTP", "parameter", "API call", "null"] {
                #expect(!rule.title.contains(jargon), "\(code): \(rule.title)")
            }
        }
    }

    @Test("Where Meta says how long to wait, the rule says so")
    func waits() {
        #expect(SendErrorTable.rule(code: 134_101).waitSeconds == 600)
        #expect(SendErrorTable.rule(code: 131_057).waitSeconds == 60)
        #expect(SendErrorTable.rule(code: 133_015).waitSeconds == 300)
        #expect(SendErrorTable.rule(code: 130_429).waitSeconds == nil)
    }

    @Test(
        "As the error of a failed status, each documented code does what it does as an answer",
        arguments: DocumentedErrors.all)
    func reported(code: Int, class expected: SendErrorClass) throws {
        var random = SeededRandom(seed: UInt64(code))
        let rule = SendErrorTable.rule(code: code)
        func decide(_ state: SendState) -> SendChange? {
            SendMachine.decide(state, .reportedFailed(rule), using: &random)
        }
        let change = try #require(decide(SendState(status: .failed)))
        let least = Int64(rule.waitSeconds ?? 0) * 1_000
        switch (expected, change.due, change.brake) {
        case (.retryMessage, .after(let delay), nil), (.maybeSent, .after(let delay), nil): #expect(delay >= least)
        case (.retryRecipient, .after(let delay), .recipient(let hold)): #expect(delay == 1_000 && hold == delay)
        case (.retryNumber, .after(0), .number(nil)): break
        case (.retryApp, .after(0), .app(let hold)): #expect(hold >= 1_000)
        case (.pauseNumber, .after(0), .pause(let reason)): #expect(reason == change.reason?.text)
        case (.fail, nil, nil): break
        case (.useTemplate, .whenWindowOpens, nil):
            #expect(change.windowIsClosed)
            #expect(decide(SendState(status: .failed, hasTemplate: true))?.due == .after(0))
            #expect(decide(SendState(status: .failed, sentAsTemplate: true))?.status == .failed)
        case _: Issue.record("\(code): \(change)")
        }
        #expect(change.status == (expected == .fail ? .failed : .queued))
    }

    @Test("While Meta is away its number waits, so that not every message of it becomes one that nobody knows about")
    func outages() {
        var random = SeededRandom(seed: 1)
        func brake(_ code: Int?, retryAfter: Int64? = nil) -> SendChange.Brake? {
            let rule = SendErrorTable.rule(code: code, httpStatus: 503)
            let change = SendMachine.decide(
                SendState(status: .sending), .refused(rule, retryAfter: retryAfter), using: &random)
            #expect(change?.status == .unknown)
            return change?.brake
        }
        for code in [2, 131_016, 133_004, nil] { #expect(brake(code) == .number(nil)) }
        for code in [131_057, 2_494_100] { #expect(brake(code) == .number(60_000)) }
        #expect(brake(131_057, retryAfter: 90_000) == .number(90_000))
        #expect(brake(nil, retryAfter: 7_000) == .number(7_000))
        // These may be about the one message.
        for code in [1, 131_000] { #expect(brake(code) == nil) }
    }
}
