import JobQueue
import NIOCore
import Testing

@Suite struct JobElementTests {
    private func element(_ text: String) throws -> JobElement { try JobElement(ByteBuffer(string: text)) }

    @Test("a webhook's element is written to the letter of the contract")
    func layout() {
        let header = JobHeader(
            id: "01JD", type: "webhook", receivedAt: 1_732_270_000_123, trace: "00-a-b-01", signature: "sha256=ab")
        let element = JobElement(header: header, payload: ByteBuffer(string: "{\"a\" : 1}"))
        #expect(
            String(buffer: element.bytes)
                == #"{"v":1,"id":"01JD","type":"webhook","received_at":1732270000123,"attempt":0,"crashes":0,"#
                + #""trace":"00-a-b-01","sig":"sha256=ab","payload":{"a" : 1}}"#)
        #expect(String(buffer: element.payload) == "{\"a\" : 1}")
    }

    @Test(
        "what is written is read back with header and payload unchanged",
        arguments: [
            "{}", "not json at all", "", #"{"x":",\"payload\":"}"#, #"{"a":1},"payload":{"b":2}"#, "\"\\ud83d\"", "}}}",
        ])
    func roundTrip(payload: String) throws {
        var header = JobHeader(id: "é\"\\\n", type: "t,\"payload\":", receivedAt: 5, attempt: 3, crashes: 2)
        header.error = JobFailure(code: "boom", text: "it said ,\"payload\": and \u{1} 😀")
        header.unknown = [.init(key: "later", rawValue: #"{"deep":[1,",\"payload\":"]}"#)]
        let read = try JobElement(JobElement(header: header, payload: ByteBuffer(string: payload)).bytes)
        #expect(read.header == header)
        #expect(String(buffer: read.payload) == payload)
    }

    @Test("every byte of a payload survives")
    func binaryPayload() throws {
        let bytes = (0..<1_024).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let header = JobHeader(id: "a", type: "webhook", receivedAt: 1)
        let read = try JobElement(JobElement(header: header, payload: ByteBuffer(bytes: bytes)).bytes)
        #expect(Array(read.payload.readableBytesView) == bytes)
    }

    @Test("replacing a header leaves the payload alone")
    func replacing() throws {
        let original = try element(
            #"{"v":1,"id":"a","type":"webhook","received_at":1,"attempt":0,"crashes":0,"payload":{"n":1.0}}"#)
        let retried = original.replacingHeader { $0.attempt += 1 }
        #expect(
            String(buffer: retried.bytes)
                == #"{"v":1,"id":"a","type":"webhook","received_at":1,"attempt":1,"crashes":0,"payload":{"n":1.0}}"#)
    }

    @Test(
        "an element without a readable header is refused with a reason and a place",
        arguments: [
            "", "{", "[]", "null", "garbage", #"{"id":"a"}"#, #"{"v":"1","id":"a"}"#, #"{"v":1}"#,
            #"{"v":1,"id":"a","type":"t","received_at":1,"payload":7"#, #"{"v":1,"id":"a","payload":{}}"#,
            #"{"v":1,"id":"a","type":"t","received_at":"soon","payload":1}"#, #"{"v":1,"id":"\u12","type":"t"}"#,
            #"{"v":1,"id":"a","type":"t","received_at":1,"attempt":-1,"payload":1}"#, #"{"v":1,"id":"abc"#,
            #"{"v":1,"id":"a","type":"t","received_at":9223372036854775807,"payload":1}"#,
            #"{"v":1,"id":"a","type":"t","received_at":-1,"payload":1}"#,
            #"{"v":1,"id":"a","type":"t","received_at":1,"attempt":9223372036854775807,"payload":1}"#,
        ])
    func unreadable(text: String) {
        #expect(throws: JobElementError.self) { try element(text) }
    }

    @Test(
        "a version of another time is told apart, whatever follows, so that it can be left alone",
        arguments: [
            #"{"v":2,"id":"a","type":"t","received_at":1,"payload":1}"#, #"{"v":2,"id":"a","payload":1}"#,
            #"{"v":2,"id":"a","at":"2026-11-23T00:00:00Z","body":"x"}"#, #"{"v":2,"id":"a","type":{"name":"t"}}"#,
        ])
    func newerVersion(text: String) throws {
        let read = try element(text)
        #expect(read.header.version == 2)
        #expect(read.header.id == "a")
        #expect(String(buffer: read.bytes) == text)
    }

    @Test("an unreadable element is kept whole in base64")
    func buriedUnreadable() throws {
        let buried = JobElement.unreadable(ByteBuffer(string: "garbage\u{0}!"), reason: "expected '{'", id: "x", now: 9)
        let read = try JobElement(buried.bytes)
        #expect(read.header.type == "unreadable")
        #expect(read.header.error == JobFailure(code: "unreadable", text: "expected '{'"))
        #expect(String(buffer: read.payload) == "\"Z2FyYmFnZQAh\"")
    }

    @Test("random and mutated elements are read or refused, never worse")
    func mutations() {
        var random = SeededGenerator(seed: 7)
        let seed = Array(
            #"{"v":1,"id":"01JD","type":"webhook","received_at":17,"attempt":0,"crashes":0,"error":{"code":"a","text":"\u00e9"},"payload":{"a":1}}"#
                .utf8)
        for _ in 0..<5_000 {
            var bytes = seed
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                case _: bytes.insert(contentsOf: bytes[index...].prefix(9), at: index)
                }
            }
            if let read = try? JobElement(ByteBuffer(bytes: bytes)) {
                #expect(Array(read.bytes.readableBytesView) == bytes)
                #expect(read.payload.readableBytes < bytes.count)
            }
        }
    }
}

/// Repeatable random numbers (SplitMix64), so that a failing mutation can be found again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
