/// An error of the Graph API in Meta's shape (`error.message`, `type`, `code`, `error_data`, `fbtrace_id`).
public struct GraphError: Error, Sendable {
    public var status: Int
    public var code: Int
    public var subcode: Int?
    public var message: String
    public var details: String?
    public var isTransient: Bool?
    /// Headers of the answer, such as `Retry-After`.
    public var headers: [(String, String)]

    public init(
        status: Int, code: Int, subcode: Int? = nil, message: String, details: String? = nil, isTransient: Bool? = nil,
        headers: [(String, String)] = []
    ) {
        self.status = status
        self.code = code
        self.subcode = subcode
        self.message = message
        self.details = details
        self.isTransient = isTransient
        self.headers = headers
    }

    /// An error of that code, with the HTTP status that Meta's older table gives it; 400 where it gives none.
    public init(code: Int, headers: [(String, String)] = []) {
        self.init(
            status: Self.statuses[code] ?? ((200...299).contains(code) ? 403 : 400), code: code,
            message: Self.titles[code].map { "(#\(code)) \($0)" } ?? "(#\(code)) Simulated error", headers: headers)
    }

    private static let statuses = [
        0: 401, 2: 503, 3: 500, 10: 403, 190: 401, 368: 403, 131000: 500, 131005: 403, 131016: 500, 131031: 403,
        131045: 500, 131057: 500, 132001: 404, 133000: 500, 133004: 503, 134102: 500,
    ]

    private static let titles = [
        4: "Application request limit reached", 190: "Error validating access token: the session has expired",
        80007: "Rate limit issues", 130429: "Rate limit hit", 131000: "Something went wrong",
        131026: "Message undeliverable", 131047: "Re-engagement message",
        131049: "This message was not delivered to maintain healthy ecosystem engagement",
        131056: "(Business Account, Consumer Account) pair rate limit hit",
    ]

    /// Without a token that can be read.
    static let noToken = GraphError(
        status: 401, code: 190, message: "Invalid OAuth access token - Cannot parse access token")

    static func invalidParameter(_ details: String) -> GraphError {
        GraphError(status: 400, code: 100, message: "(#100) Invalid parameter", details: details)
    }

    static func missingParameter(_ name: String) -> GraphError {
        GraphError(
            status: 400, code: 131008, message: "(#131008) Required parameter is missing",
            details: "Parameter \(name) is required")
    }

    static func unknownObject(_ id: String) -> GraphError {
        GraphError(
            status: 400, code: 100, subcode: 33,
            message: "Unsupported request. Object with ID '\(id)' does not exist, cannot be loaded due to missing "
                + "permissions, or does not support this operation")
    }

    static func unknownPath(_ path: String) -> GraphError {
        GraphError(status: 400, code: 2500, message: "Unknown path components: \(path)")
    }

    /// As the answer to a request.
    public var answer: GraphAnswer {
        let data = details.map {
            MetaJSON.object([("messaging_product", .string("whatsapp")), ("details", .string($0))])
        }
        let error = MetaJSON.members([
            ("message", .string(message)), ("type", .string("OAuthException")), ("code", .integer(code)),
            ("error_data", data), ("error_subcode", subcode.map(MetaJSON.integer)),
            ("is_transient", isTransient.map(MetaJSON.bool)), ("fbtrace_id", .string("Asimulated")),
        ])
        return GraphAnswer(status: status, headers: headers, json: .object([("error", error)]))
    }

    /// As an element of a failed status' `errors`.
    var inStatus: MetaJSON {
        .object([
            ("code", .integer(code)), ("title", .string(message)), ("message", .string(message)),
            ("error_data", .object([("details", .string(details ?? message))])),
            ("href", .string("https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/")),
        ])
    }
}
