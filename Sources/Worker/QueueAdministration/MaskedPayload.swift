internal import LenientJSON
internal import NIOCore

/// A payload as operators may see it: its shape and the identifiers that lead on, not what people wrote or their numbers.
///
/// Only values under keys that are known to be harmless are shown; every other string is replaced by its length, so that
/// a field that Meta adds tomorrow is masked as well.
enum MaskedPayload {
    /// Meta's identifiers, types and times, and the like of our own outbound requests.
    private static let shown: Set<String> = [
        "object", "field", "messaging_product", "type", "status", "timestamp", "phone_number_id", "id", "code",
        "mime_type", "event", "category", "language", "tenant", "version", "on_unknown", "on_closed", "send_at",
        "expires_at", "policy", "pricing_model",
    ]
    /// Whose last digits help to tell customers apart on the phone with support.
    private static let numbers: Set<String> = [
        "from", "to", "wa_id", "recipient_id", "display_phone_number", "participant",
    ]
    /// Longer numbers may be phone numbers that came as JSON numbers.
    private static let longestShownNumber = 6
    private static let deepest = 64

    /// JSON text of one line; of a payload that is not JSON only its size, or, revealed, its text.
    static func json(_ payload: ByteBuffer, reveal: Bool) -> String {
        var parser = JSONParser()
        do {
            return try parser.withDocument(Array(buffer: payload)) { root in
                var out = ""
                write(root, key: "", reveal: reveal, depth: 0, into: &out)
                return out
            }
        } catch {
            return JSONText.quoted(
                reveal ? String(buffer: payload) : "<\(payload.readableBytes) bytes that are not JSON>")
        }
    }

    private static func write(_ value: JSONValue, key: String, reveal: Bool, depth: Int, into out: inout String) {
        guard depth < deepest else {
            out += "\"<more levels>\""
            return
        }
        switch value.kind {
        case .object:
            out += "{"
            var first = true
            for (name, member) in value.members {
                if !first { out += "," }
                first = false
                let key = name.string ?? ""
                out += JSONText.quoted(key) + ":"
                write(member, key: key, reveal: reveal, depth: depth + 1, into: &out)
            }
            out += "}"
        case .array:
            out += "["
            var first = true
            for item in value.elements {
                if !first { out += "," }
                first = false
                write(item, key: key, reveal: reveal, depth: depth + 1, into: &out)
            }
            out += "]"
        case .string:
            let text = value.string ?? ""
            out += JSONText.quoted(reveal || shown.contains(key) ? text : masked(text, key: key))
        case .number:
            let text = String(decoding: value.rawBytes, as: UTF8.self)
            let harmless = reveal || shown.contains(key) || text.utf8.count <= longestShownNumber
            out += harmless ? text : JSONText.quoted(masked(text, key: key))
        case .boolean, .null:
            out += String(decoding: value.rawBytes, as: UTF8.self)
        }
    }

    private static func masked(_ text: String, key: String) -> String {
        if numbers.contains(key), text.count > 6 { return "…" + text.suffix(2) }
        return text.isEmpty ? "" : "<\(text.count) characters>"
    }
}
