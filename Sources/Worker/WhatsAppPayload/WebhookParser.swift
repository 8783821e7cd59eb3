import LenientJSON

/// Turns the body of a webhook into its items. Keeps its memory from one body to the next: one parser per consumer.
public struct WebhookParser: ~Copyable, Sendable {
    private var json = JSONParser()

    public init() {}

    /// The items of a body. They share `body`, so nothing is copied.
    public mutating func parse(_ body: [UInt8]) throws(WebhookRejection) -> WebhookContents {
        try read(body) { reader, root in reader.readBody(root) }
    }

    /// The items of a body that lies in foreign memory; it is copied once.
    public mutating func parse(_ body: UnsafeRawBufferPointer) throws(WebhookRejection) -> WebhookContents {
        try parse([UInt8](body))
    }

    /// The items of one change that was kept by itself: `WebhookChange.raw` with what its entry said.
    public mutating func parse(
        change: [UInt8], wabaID: String?, time: Int64? = nil
    ) throws(WebhookRejection) -> WebhookContents {
        try read(change) { reader, root in
            reader.readChange(root, of: ChangeScope.Entry(wabaID: wabaID, time: time))
            return nil
        }
    }

    private mutating func read(
        _ body: [UInt8], _ walk: (inout WebhookReader, JSONValue) -> WebhookRejection?
    ) throws(WebhookRejection) -> WebhookContents {
        let outcome: Result<WebhookContents, WebhookRejection>
        do throws(JSONParsingError) {
            outcome = try json.withDocument(body) { root in
                var reader = WebhookReader(body: body)
                if let rejection = walk(&reader, root) { return .failure(rejection) }
                return .success(reader.contents)
            }
        } catch {
            throw .notJSON(error)
        }
        return try outcome.get()
    }
}
