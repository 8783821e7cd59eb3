import GraphSimulator
import TestSupport

/// The real Worker and Ingress against the simulator, with tenants whose customers have just written.
struct SendPath {
    struct Tenant: Sendable {
        let id: String
        let apiKey: String
        let number: BusinessNumber
    }

    static let ready = "wa:{outbound}:ready"

    let deployment: Deployment
    let simulator: GraphSimulator
    let tenants: [Tenant]

    /// - Parameters:
    ///   - environment: of all processes.
    ///   - change: of the servers and processes.
    ///   - customers: how many customers have written to each tenant; see ``customer(_:)``.
    static func run(
        tenants: Int = 1, statuses: StatusPlan = .delivered, environment: [String: String] = [:], customers: Int = 20,
        perSecond: Int = 1_000, options change: (inout Deployment.Options) -> Void = { _ in },
        _ body: (SendPath) async throws -> Void
    ) async throws {
        let numbers = (0..<tenants).map { index in
            BusinessNumber(
                phoneNumberID: "10654035224292\(index)", wabaID: "10229012934039\(index)",
                verifiedName: "Business \(index)", accessToken: "EAAsimulated-token-\(index)")
        }
        let simulator = try await GraphSimulator.start(numbers: numbers, options: .init(statuses: statuses))
        var options = MainPath.fast
        options.graphURL = simulator.url
        options.environment = environment
        change(&options)
        let deployment = try await Deployment.start(options)
        do {
            var created: [Tenant] = []
            for number in numbers {
                let tenant = try await deployment.command.createTenant(
                    number.verifiedName, phoneNumberID: number.phoneNumberID, wabaID: number.wabaID,
                    accessToken: number.accessToken)
                created.append(Tenant(id: tenant.id, apiKey: tenant.apiKey, number: number))
            }
            let path = SendPath(deployment: deployment, simulator: simulator, tenants: created)
            try await path.openWindows(customers)
            try await deployment.sql("update whatsapp_configs set throttle_per_second = \(perSecond)")
            try await body(path)
        } catch {
            await simulator.stop()
            _ = await deployment.stop()
            throw error
        }
        await simulator.stop()
        let complaints = await deployment.stop()
        guard complaints.isEmpty else { throw TestSupportError(complaints.joined(separator: "\n")) }
    }

    /// The number of one of the customers, with a plus sign.
    static func customer(_ index: Int) -> String { "+\(16_500_000_000 + index)" }

    private func openWindows(_ count: Int) async throws {
        try await deployment.sql(
            """
            with made as (
                insert into whatsapp_conversations (tenant_id, last_inbound_at)
                select id, now() from tenants, generate_series(1, \(count)) returning id, tenant_id)
            insert into whatsapp_identities (tenant_id, kind, value, conversation_id)
            select tenant_id, 'phone', (16500000000 + row_number() over (partition by tenant_id order by id) - 1)::text, id
            from made
            """)
    }

    /// Starts an Ingress that the simulator posts its statuses to.
    @discardableResult
    func startIntake() async throws -> ServiceProcess {
        let ingress = try await deployment.startIngress()
        await simulator.postWebhooks(
            to: [IngressAddress(port: ingress.port ?? 0)], appSecret: deployment.settings.appSecret)
        return ingress
    }

    /// A quote link in the short form.
    func request(_ quote: String, tenant: Int = 0, to customer: Int, more: String = "") -> String {
        #"{"type":"quote_link","payload":{"tenant":\#(tenants[tenant].id),"to":"\#(Self.customer(customer))","#
            + #""quote":{"id":"\#(quote)","url":"https://quotes.example/\#(quote)"}\#(more)}}"#
    }

    func push(_ requests: [String]) async throws {
        for start in stride(from: 0, to: requests.count, by: 500) {
            let some = requests[start..<min(start + 500, requests.count)]
            _ = try await deployment.redis.cli(["LPUSH", Self.ready] + some)
        }
    }

    /// Writes `count` quote links, each to another customer, into the outbox.
    func askByOutbox(_ count: Int, named name: String, tenant: Int = 0, more: String = "") async throws {
        try await deployment.sql(
            """
            insert into whatsapp_outbox (tenant_id, request)
            select \(tenants[tenant].id), ('{"type":"quote_link","to":"+' || (16500000000 + n) || '","quote":{"id":"\(name)-'
                || n || '","url":"https://quotes.example/' || n || '"}\(more)}')::jsonb
            from generate_series(0, \(count - 1)) n
            """)
    }

    /// Sends by status, such as `["delivered": 3]`.
    func statuses() async throws -> [String: Int] {
        let rows = try await deployment.sql(
            "select status, count(*) from whatsapp_messages where direction = 'outbound' group by 1")
        var statuses: [String: Int] = [:]
        for row in rows.split(separator: "\n") {
            let parts = row.split(separator: "|")
            if parts.count == 2 { statuses[String(parts[0])] = Int(parts[1]) }
        }
        return statuses
    }

    func waitForStatuses(_ expected: [String: Int], within limit: Duration = .seconds(60)) async throws {
        var last: [String: Int] = [:]
        do {
            try await waitUntil("the sends are \(expected)", within: limit) {
                last = try await statuses()
                return last == expected
            }
        } catch {
            throw TestSupportError("\(error); they are \(last)")
        }
    }

    /// The one send of a quote: a column of its row.
    func column(_ column: String, of quote: String) async throws -> String {
        try await deployment.sql("select \(column) from whatsapp_messages where quote_id = '\(quote)'")
    }

    /// No message was taken more than once.
    var nothingWasDoubled: Bool { simulator.takenByMessage.values.allSatisfy { $0 <= 1 } }
}
