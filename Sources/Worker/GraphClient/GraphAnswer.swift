internal import LenientJSON
internal import NIOCore
internal import NIOHTTP1

/// Reads answers: from bytes that may be anything to one of our cases. Never throws, and never trusts a status alone.
enum GraphAnswer {
    /// App and account limits, for which the usage headers say when they end.
    private static let accountThrottles: Set<Int> = [4, 80_007, 80_008]

    static func send(_ reply: GraphReply) -> GraphSendResult {
        let usage = usage(reply)
        let result: GraphSendResult? = document(reply) { root in
            if (200..<300).contains(reply.status), let acceptance = acceptance(root, usage: usage) {
                return .accepted(acceptance)
            }
            return refusal(root, reply, usage: usage).map { .refused($0) }
        }
        if let result { return result }
        switch reply.status {
        case 300..<500:
            return .refused(
                GraphRefusal(
                    code: nil, httpStatus: reply.status, retryAfterSeconds: retryAfter(reply.headers), usage: usage))
        case 200..<300:
            return .unknown(reason: "the answer (HTTP \(reply.status)) names no message")
        case _:
            return .unknown(reason: "the answer (HTTP \(reply.status)) could not be read")
        }
    }

    static func lookUp(_ reply: GraphReply) -> GraphLookupResult {
        let usage = usage(reply)
        let result: GraphLookupResult? = document(reply) { root in
            if (200..<300).contains(reply.status), let id = root["id"]?.lenientText, !id.isEmpty {
                return .found(
                    GraphNumber(
                        id: id, displayPhoneNumber: root["display_phone_number"]?.lenientText,
                        verifiedName: root["verified_name"]?.lenientText,
                        qualityRating: root["quality_rating"]?.lenientText))
            }
            return refusal(root, reply, usage: usage).map { .refused($0) }
        }
        return result
            ?? .unreachable(reason: "the answer (HTTP \(reply.status)) is not one of the Graph API's")
    }

    static func media(_ reply: GraphReply) -> GraphMediaResult {
        let usage = usage(reply)
        let result: GraphMediaResult? = document(reply) { root in
            if (200..<300).contains(reply.status), let url = root["url"]?.string, !url.isEmpty {
                return .found(
                    GraphMedia(
                        url: url, mimeType: root["mime_type"]?.lenientText, sha256: root["sha256"]?.lenientText,
                        size: root["file_size"]?.lenientInt64))
            }
            return refusal(root, reply, usage: usage).map { .refused($0) }
        }
        return result
            ?? .unreachable(reason: "the answer (HTTP \(reply.status)) is not one of the Graph API's")
    }

    /// The error in an answer that may come from any of Meta's servers; without a code where none can be read.
    static func refusal(_ reply: GraphReply) -> GraphRefusal {
        document(reply) { root in refusal(root, reply, usage: nil) }
            ?? GraphRefusal(code: nil, httpStatus: reply.status, retryAfterSeconds: retryAfter(reply.headers))
    }

    private static func document<Result>(_ reply: GraphReply, _ read: (JSONValue) -> Result?) -> Result? {
        reply.body.withUnsafeReadableBytes { bytes in
            var parser = JSONParser()
            return try? parser.withDocument(bytes, read)
        }
    }

    private static func acceptance(_ root: JSONValue, usage: GraphUsage?) -> GraphAcceptance? {
        guard let message = first(root["messages"]), let wamid = message["id"]?.string, !wamid.isEmpty else {
            return nil
        }
        let contact = first(root["contacts"])
        return GraphAcceptance(
            wamid: wamid, waID: contact?["wa_id"]?.lenientText, userID: contact?["user_id"]?.lenientText,
            messageStatus: message["message_status"]?.lenientText, usage: usage)
    }

    /// Nil if there is no error in it that says anything.
    private static func refusal(_ root: JSONValue, _ reply: GraphReply, usage: GraphUsage?) -> GraphRefusal? {
        guard let error = root["error"], let code = error["code"]?.lenientInt64.flatMap(Int.init(exactly:)) else {
            return nil
        }
        let data = error["error_data"]
        let regain = accountThrottles.contains(code) ? usage?.regainAccessMinutes.map { $0 * 60 } : nil
        return GraphRefusal(
            code: code, subcode: error["error_subcode"]?.lenientInt64.flatMap(Int.init(exactly:)),
            httpStatus: reply.status,
            message: error["message"]?.lenientText ?? error["error_user_msg"]?.lenientText,
            details: data?["details"]?.lenientText ?? data?.lenientText,
            isTransient: error["is_transient"]?.lenientBool ?? false,
            retryAfterSeconds: retryAfter(reply.headers) ?? regain, traceID: error["fbtrace_id"]?.lenientText,
            usage: usage)
    }

    private static func first(_ array: JSONValue?) -> JSONValue? {
        guard let array else { return nil }
        for element in array.elements { return element }
        return nil
    }

    /// Whole seconds (RFC 9110, section 10.2.3), at most a day. The form with a date is left out: it would need the
    /// sender's clock to be ours.
    private static func retryAfter(_ headers: HTTPHeaders) -> Int? {
        guard let text = headers.first(name: "retry-after"), !text.isEmpty,
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return min(Int(text) ?? .max, 86_400)
    }

    private static func usage(_ reply: GraphReply) -> GraphUsage? {
        let app = reply.headers.first(name: "x-app-usage")
        let account = reply.headers.first(name: "x-business-use-case-usage")
        guard app != nil || account != nil else { return nil }
        return GraphUsage(appHeader: app, accountHeader: account)
    }
}
