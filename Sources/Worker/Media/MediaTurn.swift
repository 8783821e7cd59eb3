internal import Identifiers
internal import JobQueue
internal import LenientJSON
internal import MediaFiles
internal import NIOCore

/// A file's turn to be fetched: names the message's row. It may be lost or doubled without harm.
///
/// As a job its id is its own, and its payload `{"tenant":"7","message":"01J…"}`.
struct MediaTurn: Sendable, Equatable {
    static let type = "media"

    let name: MediaName

    init(name: MediaName) {
        self.name = name
    }

    /// Reads a turn; nil for any other job.
    init?(_ element: JobElement) {
        guard element.header.type == Self.type else { return nil }
        var parser = JSONParser()
        let name = try? parser.withDocument(Array(buffer: element.payload)) { root -> MediaName? in
            guard let tenant = root["tenant"]?.string.flatMap({ Int64($0) }), let message = root["message"]?.string
            else { return nil }
            return MediaName(tenant: tenant, message: message)
        }
        guard let name else { return nil }
        self.name = name
    }

    func element(id: ULID, now: Int64) -> JobElement {
        var payload = ByteBuffer()
        payload.writeStaticString(#"{"tenant":"#)
        JSONString.write(String(name.tenant), into: &payload)
        payload.writeStaticString(#","message":"#)
        JSONString.write(name.message, into: &payload)
        payload.writeStaticString("}")
        return JobElement(header: JobHeader(id: id.description, type: Self.type, receivedAt: now), payload: payload)
    }
}
