internal import Identifiers
public import JobEngine
public import JobQueue
internal import LenientJSON
internal import NIOCore
internal import OpenSSLKit

/// A send's turn: names the message's row and what decides when it may go, and nothing that is not needed for that. It
/// may be lost or doubled without harm.
///
/// As a job its id is the message's, and its payload `{"tenant":"7","message":"01J…","number":"…","recipient":"…"}`.
public struct Turn: Sendable, Equatable {
    /// The message's id, a ULID.
    public var messageID: String
    /// The tenant's id, as text.
    public var tenant: String
    /// The `phone_number_id` that sends: the name of its lane.
    public var number: String
    /// Tells the recipient from others without naming them; see ``recipientKey(of:)``.
    public var recipientKey: String
    /// `quote_link`, `text`, `template`, …
    public var type: String
    /// Of a turn that has come up before and goes to the head of its lane: the place reserved in the recipient's
    /// throttle, in Unix milliseconds; 0 for none.
    public var place: Int64?

    public init(
        messageID: String, tenant: String, number: String, recipientKey: String, type: String, place: Int64? = nil
    ) {
        self.messageID = messageID
        self.tenant = tenant
        self.number = number
        self.recipientKey = recipientKey
        self.type = type
        self.place = place
    }

    /// The first 16 hexadecimal digits of the SHA-256 of `+E.164` or a BSUID.
    public static func recipientKey(of recipient: String) -> String {
        String(SHA256.hash(recipient).hex.prefix(16))
    }

    /// The turn as a job.
    /// - Parameter receivedAt: Unix milliseconds at which the send was accepted; now if left out.
    public func element(receivedAt: Int64? = nil, trace: String? = nil) -> JobElement {
        JobElement(
            header: JobHeader(
                id: messageID, type: type, receivedAt: receivedAt ?? UnixClock.milliseconds(), trace: trace),
            payload: payload)
    }

    /// Reads a turn; nil for any other job, such as a request that was pushed from outside, and for what only looks like a
    /// turn: its texts become names of keys and parameters of statements.
    public init?(_ element: JobElement) {
        var parser = JSONParser()
        let turn = try? parser.withDocument(Array(buffer: element.payload)) { root -> Turn? in
            guard let message = root["message"]?.string, let tenant = root["tenant"]?.string,
                let number = root["number"]?.string, let recipient = root["recipient"]?.string
            else { return nil }
            guard Self.isName(message), Int64(tenant).map({ $0 > 0 }) == true, Self.isName(number),
                Self.isName(recipient)
            else { return nil }
            return Turn(
                messageID: message, tenant: tenant, number: number, recipientKey: recipient,
                type: element.header.type, place: root["place"]?.int64)
        }
        guard let turn else { return nil }
        self = turn
    }

    /// How a job that is this turn ends when it goes (back) to its lane: what had its turn before, or was in the hands of
    /// a worker that died, goes to the head.
    public func moved(from job: JobElement) -> JobResult {
        .moved(
            to: number, as: replacing(job), first: place != nil || job.header.crashes > 0)
    }

    /// How a job that is this turn ends when it has to wait: it comes back to the head of its lane.
    /// - Parameter place: what ``RecipientThrottle`` has reserved; 0 for none.
    public func deferred(milliseconds: Int64, place: Int64 = 0, from job: JobElement) -> JobResult {
        var turn = self
        turn.place = place
        return .deferred(milliseconds: milliseconds, as: turn.replacing(job))
    }

    /// This turn in the place of `job`, with its time, trace and crashes.
    private func replacing(_ job: JobElement) -> JobElement {
        var header = JobHeader(
            id: messageID, type: type, receivedAt: job.header.receivedAt, crashes: job.header.crashes,
            trace: job.header.trace)
        header.attempt = job.header.attempt
        return JobElement(header: header, payload: payload)
    }

    /// As ids of messages and numbers are, and keys of recipients.
    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    private var payload: ByteBuffer {
        var buffer = ByteBuffer()
        buffer.writeStaticString(#"{"tenant":"#)
        JSONString.write(tenant, into: &buffer)
        buffer.writeStaticString(#","message":"#)
        JSONString.write(messageID, into: &buffer)
        buffer.writeStaticString(#","number":"#)
        JSONString.write(number, into: &buffer)
        buffer.writeStaticString(#","recipient":"#)
        JSONString.write(recipientKey, into: &buffer)
        if let place {
            buffer.writeStaticString(#","place":"#)
            buffer.writeString(String(place))
        }
        buffer.writeStaticString("}")
        return buffer
    }
}
