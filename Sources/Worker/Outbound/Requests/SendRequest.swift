internal import LenientJSON
public import OpenSSLKit

/// A request to send one message, checked as far as it can be without looking anything up.
///
/// All ways in carry the same JSON; see the design's section 6. Names that the request does not know are refused, so that
/// a mistyped `on_close` is not silently without effect.
public struct SendRequest: Sendable, Equatable {
    /// Meta's limits, in characters.
    public enum Limit {
        public static let text = 4_096
        public static let quoteBody = 1_024
        public static let button = 20
        public static let identifier = 512
        /// Ours; it stands in an index.
        public static let quoteID = 200
        public static let variable = 1_024
        public static let variables = 100
    }

    public var content: SendContent
    /// Nil only where ``conversationID`` is given and has not been looked up yet.
    public var recipient: Recipient?
    public var conversationID: Int64?
    /// The wamid of the message that this one answers.
    public var replyTo: String?
    /// Not to be sent before, in microseconds since 1970.
    public var sendAt: Int64?
    /// Not to be sent after, in microseconds since 1970; a quote's own end counts too, see ``deadline``.
    public var expiresAt: Int64?
    public var onUnknown: OnUnknown
    /// Nil: by template where the tenant has one at the time of sending, else wait.
    public var onClosed: OnClosed?

    /// Reads a request.
    /// - Parameters:
    ///   - json: the request's bytes as they came.
    ///   - type: where the type stands outside of the request, as in a job's envelope.
    ///   - envelope: members beside the request's own, which somebody else reads.
    public init(json: [UInt8], type: String? = nil, envelope: [String] = []) throws(SendRefusal) {
        var parser = JSONParser()
        let result: Result<SendRequest, SendRefusal>
        do throws(JSONParsingError) {
            result = try parser.withDocument(json) { root in
                do throws(SendRefusal) {
                    return .success(try RequestReader(root, envelope: envelope).request(type: type))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw SendRefusal(.invalidJSON, "", "The request is not JSON: \(error)")
        }
        self = try result.get()
    }

    init(content: SendContent, onUnknown: OnUnknown) {
        self.content = content
        self.onUnknown = onUnknown
    }

    /// The earlier end of the request and of its quote, in microseconds since 1970; nil: none.
    public var deadline: Int64? {
        var deadline = expiresAt
        if case .quoteLink(let link) = content, let end = link.expiresAt { deadline = min(end, deadline ?? end) }
        return deadline
    }

    /// The request with every default that holds for all tenants, in one spelling: equal requests are equal texts,
    /// whichever way they came. Whether the customer was named or their conversation makes no difference either.
    public var canonicalJSON: String {
        var json = RequestJSON()
        json.add("type", content.type)
        switch recipient {
        case .phone(let phone): json.add("to", phone)
        case .user(let user): json.add("recipient", user)
        case nil: json.add("conversation_id", conversationID.map(String.init))
        }
        switch content {
        case .quoteLink(let link):
            var quote = RequestJSON()
            quote.add("id", link.quoteID)
            quote.add("version", raw: String(link.version))
            quote.add("url", link.url)
            quote.add("expires_at", time: link.expiresAt)
            json.add("quote", raw: quote.closed)
            json.add("body", link.body)
            json.add("button", link.button)
        case .text(let text):
            json.add("body", text.body)
            json.add("preview_url", raw: text.previewURL ? "true" : "false")
        case .template(let content):
            var template = RequestJSON()
            template.add("name", content.name)
            template.add("language", content.language)
            template.add("variables", raw: RequestJSON.list(content.variables.map(JSONText.quoted)))
            template.add("url_suffix", content.urlSuffix)
            json.add("template", raw: template.closed)
        }
        json.add("reply_to", replyTo)
        json.add("send_at", time: sendAt)
        json.add("expires_at", time: expiresAt)
        json.add("on_unknown", onUnknown.rawValue)
        json.add("on_closed", onClosed?.rawValue)
        return json.closed
    }

    /// Tells one request from another under the same idempotency key.
    public var hash: SHA256Digest { SHA256.hash(canonicalJSON) }

    /// The key of a quote link that was given none: one link for each quote, version and recipient. Nil for others.
    var naturalKey: String? {
        guard case .quoteLink(let link) = content, let recipient else { return nil }
        // Neither the version nor a recipient holds a colon, so no two quotes share a key.
        return "quote:\(link.quoteID):\(link.version):\(recipient.text)"
    }
}
