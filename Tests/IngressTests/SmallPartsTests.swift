import NIOCore
import NIOHTTP1
import Testing

@testable import IngressApp

@Suite("Small parts")
struct SmallPartsTests {
    @Test(
        "Dates are those of the Gregorian calendar",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"), (1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ])
    func dates(seconds: Int, text: String) {
        #expect(HTTPDate.text(unixSeconds: seconds) == text)
    }

    private static let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test("The standard's own example is a valid traceparent")
    func validTrace() {
        #expect(TraceParent.isValid(Self.trace))
    }

    @Test(
        "Anything else is not",
        arguments: [
            "", "00", trace + " ", "01" + trace.dropFirst(2), trace.uppercased(), trace.replacing("-", with: "_"),
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", String(trace.dropLast()),
            "00-4bf92f3577b34da6a3ce929d0e0e473\"-00f067aa0ba902b7-01",
        ])
    func invalidTrace(value: String) {
        #expect(!TraceParent.isValid(value))
    }

    @Test("Header fields are found in any case and without the white space behind them")
    func fields() {
        let fields = HeaderFields([
            "HOST": "a", "X-HUB-signature-256": "first \t", "x-hub-signature-256": "second", "Content-Length": "12 ",
            "expect": "100-CONTINUE ", "TraceParent": Self.trace + " ",
        ])
        #expect(fields.hosts == 1)
        #expect(fields.signatures == 2)
        #expect(fields.signature == "first")
        #expect(fields.contentLength == 12)
        #expect(fields.expectation == .continueAnswer)
        #expect(fields.trace == Self.trace)
        #expect(!fields.isChunked && !fields.wantsUpgrade)
    }

    @Test("A length that fits no integer counts as the largest")
    func hugeLength() {
        #expect(HeaderFields(["Content-Length": "18446744073709551615"]).contentLength == .max)
    }

    @Test("Answers leave in the order of the tickets")
    func responseQueue() {
        func entry() -> ResponseQueue.Entry {
            ResponseQueue.Entry(received: .uptimeNanoseconds(1), persistence: .keepAlive, isHead: false)
        }
        var queue = ResponseQueue()
        let tickets = (0..<3).map { _ in queue.open(entry()) }
        #expect(queue.count == 3)
        queue.update(tickets[2]) { $0.answer = .accepted }
        #expect(queue.popDecided() == nil)
        #expect(queue.isNext(tickets[0]) && !queue.isNext(tickets[2]))
        queue.update(tickets[0]) { $0.answer = .refusal(.notFound) }
        #expect(queue.popDecided()?.answer == .refusal(.notFound))
        #expect(queue.popDecided() == nil)
        queue.update(tickets[0]) { $0.answer = .accepted }
        queue.update(tickets[1]) { $0.answer = .accepted }
        #expect(queue.popDecided() != nil)
        #expect(queue.popDecided() != nil)
        #expect(queue.isEmpty && queue.popDecided() == nil)
    }

    @Test("Of each kind one warning passes in ten seconds, and tells how many did not")
    func warnings() {
        var limiter = WarningLimiter()
        let start = NIODeadline.uptimeNanoseconds(1)
        #expect(limiter.admit(.badSignature, now: start) == 0)
        #expect(limiter.admit(.timeout, now: start) == 0)
        for second in 1..<10 {
            #expect(limiter.admit(.badSignature, now: start + .seconds(Int64(second))) == nil)
        }
        #expect(limiter.admit(.badSignature, now: start + .seconds(10)) == 9)
        #expect(limiter.admit(.badSignature, now: start + .seconds(11)) == nil)
        #expect(limiter.admit(.badSignature, now: start + .seconds(20)) == 1)
    }
}
