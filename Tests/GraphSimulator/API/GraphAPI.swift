/// What the Graph API would say: a pure function of the request and the numbers it knows.
///
/// Covered are the sends that this product makes (text, interactive `cta_url`, template), the read receipt, the look-up
/// of a number, of the apps that are subscribed to its account and of that account's numbers, and of a file, and the download of a file.
struct GraphAPI: Sendable {
    /// What a path names.
    enum Endpoint: Sendable {
        case number(String)
        case messages(String)
        /// An address that a look-up has named.
        case file(String)
        case subscribedApps(String)
        case phoneNumbers(String, after: String?)
        case unknown
    }

    private(set) var numbers: [String: BusinessNumber] = [:]

    init(numbers: [BusinessNumber]) {
        for number in numbers { self.numbers[number.phoneNumberID] = number }
    }

    mutating func put(_ number: BusinessNumber) {
        numbers[number.phoneNumberID] = number
    }

    static func endpoint(_ request: GraphRequest) -> Endpoint {
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: true)
        if request.method == "GET", parts.count == 2, parts[0] == "media" { return .file(String(parts[1])) }
        guard parts.count >= 2, isVersion(parts[0]) else { return .unknown }
        if request.method == "GET", parts.count == 2 { return .number(String(parts[1])) }
        if request.method == "GET", parts.count == 3, parts[2] == "subscribed_apps" {
            return .subscribedApps(String(parts[1]))
        }
        if request.method == "GET", parts.count == 3, parts[2] == "phone_numbers" {
            return .phoneNumbers(String(parts[1]), after: request.parameters["after"])
        }
        if request.method == "POST", parts.count == 3, parts[2] == "messages" { return .messages(String(parts[1])) }
        return .unknown
    }

    private static func isVersion(_ text: Substring) -> Bool {
        text.utf8.first == UInt8(ascii: "v") && Double(text.dropFirst()) != nil
    }

    func number(_ id: String, token: String?) throws(GraphError) -> BusinessNumber {
        guard let token else { throw .noToken }
        if let number = numbers[id], number.accessToken == token { return number }
        guard numbers.values.contains(where: { $0.accessToken == token }) else { throw .noToken }
        throw .unknownObject(id)
    }

    /// The apps that get the webhooks of a WABA, in the shape of Meta's page "Manage webhooks".
    func subscribedApps(_ account: String, token: String?) throws(GraphError) -> GraphAnswer {
        guard let token else { throw .noToken }
        let readable = numbers.values.filter { $0.accessToken == token }
        guard !readable.isEmpty else { throw .noToken }
        let own = readable.filter { $0.wabaID == account }
        guard !own.isEmpty else { throw .unknownObject(account) }
        let apps = Set(own.flatMap(\.subscribedApps)).sorted().enumerated().map { index, name in
            let id = String(670_840_000_000_000 + index)
            return MetaJSON.object([
                (
                    "whatsapp_business_api_data",
                    .object([
                        ("id", .string(id)), ("link", .string("https://www.facebook.com/games/?app_id=\(id)")),
                        ("name", .string(name)),
                    ])
                )
            ])
        }
        return GraphAnswer(status: 200, json: .object([("data", .array(apps))]))
    }

    /// How many numbers one page of an account's list has.
    static let numbersPerPage = 25

    /// The numbers of a WABA page by page, in the shape of Meta's page "Phone numbers" of a WhatsApp Business Account; with
    /// Graph's cursors, and `next` while there is more.
    func phoneNumbers(_ account: String, after: String?, token: String?) throws(GraphError) -> GraphAnswer {
        guard let token else { throw .noToken }
        let readable = numbers.values.filter { $0.accessToken == token }
        guard !readable.isEmpty else { throw .noToken }
        let own = readable.filter { $0.wabaID == account }.map(\.phoneNumberID).sorted()
        guard !own.isEmpty else { throw .unknownObject(account) }
        let rest = own.filter { id in after.map { id > $0 } ?? true }
        let page = rest.prefix(Self.numbersPerPage)
        let cursors = MetaJSON.object([("before", .string(page.first ?? "")), ("after", .string(page.last ?? ""))])
        let next: MetaJSON? =
            rest.count > page.count
            ? .string("https://graph.facebook.com/v25.0/\(account)/phone_numbers?after=\(page.last ?? "")") : nil
        return GraphAnswer(
            status: 200,
            json: .object([
                ("data", .array(page.map { .object([("id", .string($0))]) })),
                ("paging", MetaJSON.members([("cursors", cursors), ("next", next)])),
            ]))
    }

    static func describe(_ number: BusinessNumber) -> GraphAnswer {
        GraphAnswer(
            status: 200,
            json: .object([
                ("verified_name", .string(number.verifiedName)), ("code_verification_status", .string("VERIFIED")),
                ("display_phone_number", .string("+" + number.displayPhoneNumber)),
                ("quality_rating", .string(number.qualityRating)),
                ("platform_type", .string("CLOUD_API")), ("id", .string(number.phoneNumberID)),
            ]))
    }

    static let readReceipt = GraphAnswer(status: 200, json: .object([("success", .bool(true))]))

    static func accept(_ send: SendBody, type: String, wamid: String) -> GraphAnswer {
        let contact = MetaJSON.members([
            ("input", .string(send.recipient)),
            ("wa_id", send.isPhone ? .string(send.recipient.filter(\.isNumber)) : nil),
            ("user_id", send.isPhone ? nil : .string(send.recipient)),
        ])
        let message = MetaJSON.members([
            ("id", .string(wamid)), ("message_status", type == "template" ? .string("accepted") : nil),
        ])
        return GraphAnswer(
            status: 200,
            json: .object([
                ("messaging_product", .string("whatsapp")), ("contacts", .array([contact])),
                ("messages", .array([message])),
            ]))
    }
}
