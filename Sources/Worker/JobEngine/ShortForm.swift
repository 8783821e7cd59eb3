internal import JobQueue
internal import LenientJSON
internal import NIOCore

/// What a producer from outside may push in place of a full element: `{"type":"quote_link","payload":{…}}`, with an `id`
/// of its own if it likes, in any spacing and order of keys.
enum ShortForm {
    /// Bytes of an id or a type; longer ones fit neither an index nor a label.
    private static let longestID = 255
    private static let longestType = 64

    /// The full form.
    /// - Parameters:
    ///   - now: Unix milliseconds, at which the job counts as received.
    ///   - freshID: of a job whose producer gave it none.
    /// - Throws: why it is none.
    static func element(
        _ bytes: ByteBuffer, now: Int64, freshID: @autoclosure () -> String
    ) throws(JobElementError) -> JobElement {
        var parser = JSONParser()
        let source = Array(buffer: bytes)
        let result: Result<(id: String?, type: String, payload: Range<Int>), JobElementError>
        do throws(JSONParsingError) {
            result = try parser.withDocument(source) { root in
                do throws(JobElementError) { return .success(try read(root)) } catch { return .failure(error) }
            }
        } catch {
            throw JobElementError(reason: "neither a job of ours nor JSON", offset: 0)
        }
        let (id, type, payload) = try result.get()
        let header = JobHeader(
            id: id ?? freshID(), type: type, receivedAt: now)
        return JobElement(header: header, payload: ByteBuffer(bytes: source[payload]))
    }

    private static func read(
        _ root: JSONValue
    ) throws(JobElementError) -> (id: String?, type: String, payload: Range<Int>) {
        guard root.isObject else { throw JobElementError(reason: "neither a job of ours nor a JSON object", offset: 0) }
        for (key, value) in root.members {
            guard key.isText("id") || key.isText("type") || key.isText("payload") else {
                throw JobElementError(
                    reason: "a short form has type, payload and perhaps id, but this has another key",
                    offset: key.sourceRange.lowerBound)
            }
            guard !key.isText("id") || isName(value, longestID) else {
                throw JobElementError(
                    reason: "a short form's id is a text of 1 to \(longestID) bytes",
                    offset: value.sourceRange.lowerBound)
            }
        }
        guard let type = root["type"], isName(type, longestType), let name = type.string else {
            throw JobElementError(
                reason: "a short form's type is a text of 1 to \(longestType) bytes, such as quote_link", offset: 0)
        }
        guard let payload = root["payload"], payload.isObject else {
            throw JobElementError(reason: "a short form's payload is a JSON object", offset: 0)
        }
        return (root["id"]?.string, name, payload.sourceRange)
    }

    private static func isName(_ value: JSONValue, _ longest: Int) -> Bool {
        guard let text = value.string else { return false }
        return (1...longest).contains(text.utf8.count)
    }
}
