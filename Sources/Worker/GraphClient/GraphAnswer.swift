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
        case 300...:
            // Of 500 and above the error table says that nobody knows whether it was sent.
            return .refused(
                GraphRefusal(
                    code: nil, httpStatus: reply.status, retryAfterSeconds: retryAfter(reply), usage: usage))
        case _:
            return .unknown(reason: "the answer (HTTP \(reply.status)) names no message")
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

    static func subscribedApps(_ reply: GraphReply) -> GraphSubscriptionResult {
        let usage = usage(reply)
        let result: GraphSubscriptionResult? = document(reply) { root in
            if (200..<300).contains(reply.status), let data = root["data"], data.isArray {
                return .apps(data.elements.map { app(in: $0["whatsapp_business_api_data"] ?? $0) })
            }
            return refusal(root, reply, usage: usage).map { .refused($0) }
        }
        return result
            ?? .unreachable(reason: "the answer (HTTP \(reply.status)) is not one of the Graph API's")
    }

    /// The error in an answer that may come from any of Meta's servers; without a code where none can be read.
    static func refusal(_ reply: GraphReply) -> GraphRefusal {
        document(reply) { root in refusal(root, reply, usage: nil) }
            ?? GraphRefusal(code: nil, httpStatus: reply.status, retryAfterSeconds: retryAfter(reply))
    }

    /// One page of an account's numbers.
    enum NumbersPage {
        /// `next`: where the next page begins; nil after the last one.
        case page(ids: [String], next: String?)
        case refused(GraphRefusal)
        case unreadable(reason: String)
    }

    static func phoneNumbers(_ reply: GraphReply) -> NumbersPage {
        let usage = usage(reply)
        let result: NumbersPage? = document(reply) { root in
            if (200..<300).contains(reply.status), let data = root["data"], data.isArray {
                let paging = root["paging"]
                return .page(
                    ids: data.elements.compactMap { $0["id"]?.lenientText },
                    next: paging?["next"] == nil ? nil : paging?["cursors"]?["after"]?.lenientText)
            }
            return refusal(root, reply, usage: usage).map { .refused($0) }
        }
        return result ?? .unreadable(reason: "the answer (HTTP \(reply.status)) is not one of the Graph API's")
    }

    private static func app(in value: JSONValue) -> GraphApp {
        GraphApp(id: value["id"]?.lenientText, name: value["name"]?.lenientText)
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
        let regain =
            accountThrottles.contains(code) ? usage?.regainAccessMinutes.map { min($0 * 60, RetryAfter.longest) } : nil
        return GraphRefusal(
            code: code, subcode: error["error_subcode"]?.lenientInt64.flatMap(Int.init(exactly:)),
            httpStatus: reply.status,
            message: error["message"]?.lenientText ?? error["error_user_msg"]?.lenientText,
            details: data?["details"]?.lenientText ?? data?.lenientText,
            isTransient: error["is_transient"]?.lenientBool ?? false,
            retryAfterSeconds: retryAfter(reply) ?? regain, traceID: error["fbtrace_id"]?.lenientText,
            usage: usage)
    }

    private static func first(_ array: JSONValue?) -> JSONValue? {
        guard let array else { return nil }
        for element in array.elements { return element }
        return nil
    }

    private static func retryAfter(_ reply: GraphReply) -> Int? {
        reply.headers.first(name: "retry-after").flatMap {
            RetryAfter.seconds($0, sentAt: reply.headers.first(name: "date"), now: reply.receivedAt)
        }
    }

    private static func usage(_ reply: GraphReply) -> GraphUsage? {
        let app = reply.headers.first(name: "x-app-usage")
        let account = reply.headers.first(name: "x-business-use-case-usage")
        guard app != nil || account != nil else { return nil }
        return GraphUsage(appHeader: app, accountHeader: account)
    }
}
