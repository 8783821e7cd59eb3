/// A request as it reached the simulator.
public struct GraphRequest: Sendable {
    public var method: String
    /// Path without the query.
    public var path: String
    public var query: String
    /// Names in lower case.
    public var headers: [String: String]
    public var body: [UInt8]

    public init(
        method: String, path: String, query: String = "", headers: [String: String] = [:], body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The token of `Authorization: Bearer …`.
    public var bearerToken: String? {
        guard let value = headers["authorization"] else { return nil }
        let parts = value.split(separator: " ", maxSplits: 1)
        return parts.count == 2 && parts[0].lowercased() == "bearer" ? String(parts[1]) : nil
    }
}

/// What the simulator answers.
public struct GraphAnswer: Sendable {
    public var status: Int
    public var headers: [(String, String)]
    public var body: [UInt8]

    public init(status: Int, headers: [(String, String)] = [], json: MetaJSON) {
        self.status = status
        self.headers = headers
        body = json.bytes
    }
}

/// A message that the simulator accepted.
public struct AcceptedSend: Sendable, Equatable {
    public var wamid: String
    public var phoneNumberID: String
    /// `to` as it was sent, or the BSUID in `recipient`.
    public var recipient: String
    public var type: String
    /// `biz_opaque_callback_data`
    public var callbackData: String?
    public var body: [UInt8]
}
