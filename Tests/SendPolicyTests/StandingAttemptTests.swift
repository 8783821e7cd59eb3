import SendPolicy
import Testing

/// Of a send whose other attempt has gone out.
@Suite("Attempts that stand") struct StandingAttemptTests {
    private static let onItsWay: [SendStatus] = [.sent, .delivered, .read, .played]

    @Test("the failure of one attempt changes nothing while another stands", arguments: onItsWay)
    func reported(standing: SendStatus) {
        var random = SystemRandomNumberGenerator()
        for status in [.sending, .unknown, .accepted] + Self.onItsWay {
            var state = SendState(status: status, attempts: 2, standing: standing)
            #expect(SendMachine.decide(state, .reported(.failed, attempt: 2), using: &random) == nil)
            state.standing = nil
            #expect(SendMachine.decide(state, .reported(.failed, attempt: 2), using: &random)?.status == .failed)
        }
    }

    @Test("a message that was taken for failed is what its standing attempt became, whatever the error asks for")
    func judged() {
        var random = SystemRandomNumberGenerator()
        for code in [130_429, 131_056, 131_026, 131_047, 190, 131_000] {
            let rule = SendErrorTable.rule(code: code)
            let state = SendState(status: .failed, attempts: 2, standing: .read)
            #expect(SendMachine.decide(state, .reportedFailed(rule), using: &random) == SendChange(.read))
        }
    }
}
