/// An error of the Graph API in Meta's shape (`error.message`, `type`, `code`, `error_data`, `fbtrace_id`).
public struct GraphError: Error, Sendable {
    public var status: Int
    public var code: Int
    public var subcode: Int?
    public var message: String
    public var details: String?

    public init(status: Int, code: Int, subcode: Int? = nil, message: String, details: String? = nil) {
        self.status = status
        self.code = code
        self.subcode = subcode
        self.message = message
        self.details = details
    }

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

    public var answer: GraphAnswer {
        let data = details.map {
            MetaJSON.object([("messaging_product", .string("whatsapp")), ("details", .string($0))])
        }
        let error = MetaJSON.members([
            ("message", .string(message)), ("type", .string("OAuthException")), ("code", .integer(code)),
            ("error_data", data), ("error_subcode", subcode.map(MetaJSON.integer)),
            ("fbtrace_id", .string("Asimulated")),
        ])
        return GraphAnswer(status: status, json: .object([("error", error)]))
    }
}
