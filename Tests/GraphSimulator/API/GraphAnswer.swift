/// What the simulator answers.
public struct GraphAnswer: Sendable {
    public var status: Int
    public var headers: [(String, String)]
    public var contentType: String
    public var body: [UInt8]

    public init(status: Int, headers: [(String, String)] = [], json: MetaJSON) {
        self.init(status: status, headers: headers, contentType: Self.json, body: json.bytes)
    }

    /// Anything at all: what a proxy might answer, or half of something.
    public init(
        status: Int, headers: [(String, String)] = [], contentType: String = GraphAnswer.json, body: [UInt8]
    ) {
        self.status = status
        self.headers = headers
        self.contentType = contentType
        self.body = body
    }

    public static let json = "application/json; charset=UTF-8"
}
