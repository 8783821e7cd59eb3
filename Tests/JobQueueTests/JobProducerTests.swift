import Identifiers
import JobQueue
import NIOCore
import RedisClient
import Testing

/// A producer whose transport records what would go to Redis.
private final class Recorder: PushObserver {
    var commands: [ByteBuffer] = []
    var deadlines: [NIODeadline] = []
    var completions: [(Result<RedisReply, RedisError>) -> Void] = []
    var finished: [(ticket: Int, stored: Bool)] = []

    func makeProducer(_ limits: JobProducer.Limits = JobProducer.Limits()) -> JobProducer {
        JobProducer(
            keys: QueueKeys(prefix: "wa", queue: .inbound), limits: limits, allocator: ByteBufferAllocator()
        ) { command, deadline, completion in
            self.commands.append(command)
            self.deadlines.append(deadline)
            self.completions.append(completion)
        }
    }

    func pushFinished(ticket: Int, outcome: PushOutcome) {
        if case .stored = outcome { finished.append((ticket, true)) } else { finished.append((ticket, false)) }
    }
}

@Suite("Job producer")
struct JobProducerTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000)
    private static let signature = "sha256=" + String(repeating: "ab", count: 32)
    private static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    private func element(_ number: Int = 1, trace: String? = nil) -> WebhookElement {
        WebhookElement(
            id: ULID(high: 0x0193_0000_0000_0000 + UInt64(number), low: 42), receivedAt: 1_732_270_000_123,
            trace: trace, signature: Self.signature)
    }

    private func payload(_ pieces: [String], of producer: JobProducer) -> JobPayload {
        var payload = producer.makePayload()
        for piece in pieces { payload.append(ByteBuffer(string: piece), allocator: ByteBufferAllocator()) }
        return payload
    }

    /// The bulk strings of a RESP command, by an independent reading of the format.
    private func arguments(_ command: ByteBuffer) throws -> [ByteBuffer] {
        var rest = command
        func line() throws -> String {
            let end = try #require(rest.readableBytesView.firstIndex(of: 13))
            let text = rest.readString(length: end - rest.readerIndex)
            try skipLineEnd()
            return try #require(text)
        }
        func skipLineEnd() throws {
            let end = rest.readString(length: 2)
            try #require(end == "\r\n")
        }
        let counted = try line()
        let count = try #require(Int(counted.dropFirst()))
        var arguments: [ByteBuffer] = []
        for _ in 0..<count {
            let announced = try line()
            let length = try #require(Int(announced.dropFirst()))
            let argument = rest.readSlice(length: length)
            arguments.append(try #require(argument))
            try skipLineEnd()
        }
        #expect(rest.readableBytes == 0)
        return arguments
    }

    @Test("An element is the same text that a job header writes", arguments: [nil, Self.trace])
    func sameText(trace: String?) throws {
        let recorder = Recorder()
        let producer = recorder.makeProducer()
        let element = element(trace: trace)
        var payload = payload(["{\"a\": 1}"], of: producer)
        producer.push(element, payload: &payload, now: start, observer: recorder, ticket: 0)
        producer.flush(now: start)
        let command = try #require(recorder.commands.first)
        let arguments = try arguments(command)
        let header = JobHeader(
            id: element.id.description, type: "webhook", receivedAt: 1_732_270_000_123, trace: trace,
            signature: Self.signature)
        let expected = JobElement(header: header, payload: ByteBuffer(string: "{\"a\": 1}"))
        #expect(
            arguments.map { String(buffer: $0) } == ["LPUSH", "wa:{inbound}:ready", String(buffer: expected.bytes)])
        let read = try JobElement(arguments[2])
        #expect(read.header == header)
    }

    @Test("All jobs of one turn leave as one command in the order in which they came")
    func oneCommand() throws {
        let recorder = Recorder()
        let producer = recorder.makeProducer()
        for number in 0..<100 {
            var payload = payload(["\(number)"], of: producer)
            producer.push(element(number), payload: &payload, now: start, observer: recorder, ticket: number)
        }
        #expect(recorder.commands.isEmpty)
        producer.flush(now: start)
        producer.flush(now: start)
        #expect(recorder.commands.count == 1)
        #expect(recorder.deadlines == [start + .milliseconds(600)])
        let elements = try arguments(recorder.commands[0]).dropFirst(2).map { try JobElement($0) }
        #expect(elements.map { String(buffer: $0.payload) } == (0..<100).map { "\($0)" })
        recorder.completions[0](.success(.integer(100)))
        #expect(recorder.finished.map(\.ticket) == Array(0..<100))
        #expect(recorder.finished.filter(\.stored).count == 100)
    }

    @Test("A failed or strange reply fails every job of the command")
    func failure() {
        let replies: [Result<RedisReply, RedisError>] = [
            .failure(RedisError(.timedOut, mayHaveExecuted: true)), .success(.simple("OK")), .success(.null),
        ]
        for reply in replies {
            let recorder = Recorder()
            let producer = recorder.makeProducer()
            for ticket in 0..<3 {
                var payload = payload(["x"], of: producer)
                producer.push(element(), payload: &payload, now: start, observer: recorder, ticket: ticket)
            }
            producer.flush(now: start)
            recorder.completions[0](reply)
            #expect(recorder.finished.map(\.ticket) == [0, 1, 2])
            #expect(recorder.finished.filter(\.stored).isEmpty)
        }
    }

    @Test("A command is bounded in jobs and in bytes")
    func bounds() throws {
        let recorder = Recorder()
        var limits = JobProducer.Limits()
        limits.jobs = 3
        limits.bytes = 4_000
        let producer = recorder.makeProducer(limits)
        for number in 0..<7 {
            var payload = payload(["\(number)"], of: producer)
            producer.push(element(number), payload: &payload, now: start, observer: recorder, ticket: number)
        }
        for number in 7..<10 {
            var payload = payload([String(repeating: "9", count: 1_500)], of: producer)
            producer.push(element(number), payload: &payload, now: start, observer: recorder, ticket: number)
        }
        producer.flush(now: start)
        let counts = try recorder.commands.map { try arguments($0).count - 2 }
        #expect(counts == [3, 3, 3, 1])
        let commands = recorder.commands.map(\.readableBytes)
        #expect(commands.filter { $0 > 4_200 }.isEmpty)
    }

    @Test("A large payload leaves from its own buffer, after what came before it")
    func large() throws {
        let recorder = Recorder()
        let producer = recorder.makeProducer()
        var first = payload(["first"], of: producer)
        producer.push(element(1), payload: &first, now: start, observer: recorder, ticket: 1)
        let piece = String(repeating: "0123456789abcdef", count: 4_096)
        var large = payload(Array(repeating: piece, count: 16), of: producer)
        #expect(large.count == 1 << 20)
        producer.push(element(2, trace: Self.trace), payload: &large, now: start, observer: recorder, ticket: 2)
        var last = payload(["last"], of: producer)
        producer.push(element(3), payload: &last, now: start, observer: recorder, ticket: 3)
        producer.flush(now: start)
        #expect(recorder.commands.count == 3)
        let payloads = try recorder.commands.map { String(buffer: try JobElement(try arguments($0)[2]).payload) }
        #expect(payloads[0] == "first")
        #expect(payloads[1] == String(repeating: piece, count: 16))
        #expect(payloads[2] == "last")
    }

    @Test("However a payload is cut, the element holds its bytes", arguments: [0, 1, 7, 600, 33_000, 70_000])
    func cuts(length: Int) throws {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        for cut in [1, 13, 4_096, 100_000] {
            let recorder = Recorder()
            let producer = recorder.makeProducer()
            var payload = producer.makePayload()
            for start in stride(from: 0, to: length, by: max(cut, length / 50)) {
                let piece = bytes[start..<min(length, start + max(cut, length / 50))]
                payload.append(ByteBuffer(bytes: piece), allocator: ByteBufferAllocator())
                if cut == 13 { payload.detach(allocator: ByteBufferAllocator()) }
            }
            #expect(payload.count == length)
            producer.push(element(), payload: &payload, now: start, observer: recorder, ticket: 0)
            producer.flush(now: start)
            let command = try #require(recorder.commands.first)
            let element = try JobElement(try arguments(command)[2])
            #expect(Array(element.payload.readableBytesView) == bytes)
        }
    }
}
