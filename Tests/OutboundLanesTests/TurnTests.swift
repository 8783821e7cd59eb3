import JobQueue
import NIOCore
import Testing

@testable import JobEngine
@testable import OutboundLanes

@Suite struct TurnTests {
    @Test("a turn is read back as it was written, whatever its texts hold")
    func roundTrip() throws {
        let turn = Turn(
            messageID: "01JD", tenant: "7", number: "1\"0\\6", recipientKey: Turn.recipientKey(of: "+16505551234"),
            type: "quote_link", place: 1_732_270_000_123)
        let element = turn.element(receivedAt: 5, trace: "00-a-b-01")
        #expect(try Turn(JobElement(element.bytes)) == turn)
        #expect(element.header.id == "01JD" && element.header.receivedAt == 5 && element.header.trace == "00-a-b-01")
    }

    @Test("it stands in Redis as the documentation says")
    func form() {
        let element = LaneFixture.turn("01JD", number: "106").element(receivedAt: 5)
        #expect(
            String(buffer: element.bytes)
                == #"{"v":1,"id":"01JD","type":"text","received_at":5,"attempt":0,"crashes":0,"#
                + #""payload":{"tenant":"7","message":"01JD","number":"106","recipient":"r"}}"#)
    }

    @Test("a request from outside is no turn")
    func request() {
        let payload = ByteBuffer(string: #"{"tenant":"7","to":"+16505551234","body":"hi"}"#)
        #expect(Turn(JobElement(header: JobHeader(id: "a", type: "text", receivedAt: 1), payload: payload)) == nil)
    }

    @Test(
        "what only looks like a turn is none: its texts would become names of keys and parameters of statements",
        arguments: [
            #""message":"\u0000""#, #""message":"""#, #""message":"a b""#, #""number":"""#, #""number":"1\n2""#,
            #""number":"\ud83d""#, #""recipient":"é""#, #""tenant":"x""#, #""tenant":"-1""#, #""tenant":"""#,
            #""tenant":"99999999999999999999""#, #""message":7"#, #""number":null"#, #""recipient":{}"#,
            "\"number\":\"\(String(repeating: "1", count: 65))\"",
        ])
    func impostor(member: String) {
        let members = [#""tenant":"7""#, #""message":"01JD""#, #""number":"106""#, #""recipient":"r""#]
        let name = member.prefix { $0 != ":" }
        let payload = "{" + members.map { $0.hasPrefix(name) ? member : $0 }.joined(separator: ",") + "}"
        let header = JobHeader(id: "a", type: "text", receivedAt: 1)
        #expect(Turn(JobElement(header: header, payload: ByteBuffer(string: payload))) == nil)
        let whole = ByteBuffer(string: "{" + members.joined(separator: ",") + "}")
        #expect(Turn(JobElement(header: header, payload: whole)) != nil)
    }

    @Test("a recipient's key is short and names nobody")
    func recipientKey() {
        #expect(Turn.recipientKey(of: "+16505551234").count == 16)
        #expect(Turn.recipientKey(of: "+16505551234") != Turn.recipientKey(of: "+16505551235"))
    }

    @Test("what comes again goes to the head of its lane, and what has waited comes again")
    func headOfLane() {
        let turn = LaneFixture.turn("a")
        let fresh = turn.element(receivedAt: 5)
        #expect(!turn.moved(from: fresh).first)
        #expect(turn.moved(from: fresh.replacingHeader { $0.crashes = 1 }).first)
        let waited = turn.deferred(milliseconds: 10, from: fresh).replacement
        #expect(waited.flatMap(Turn.init)?.moved(from: fresh).first == true)
        #expect(waited?.header.receivedAt == 5)
    }
}
