import GraphSimulator
import TestSupport

/// The real binaries on real servers, with one tenant, and a customer who writes to it.
struct MainPath {
    let deployment: Deployment
    let number = BusinessNumber()
    let player: CustomerPlayer

    /// Starts the servers and makes the tenant; the processes are each test's own.
    static func run(
        _ options: Deployment.Options = fast, tenant: Bool = true, _ body: (MainPath) async throws -> Void
    ) async throws {
        let deployment = try await Deployment.start(options)
        let path = MainPath(deployment: deployment)
        do {
            if tenant { try await path.createTenant() }
            try await body(path)
        } catch {
            _ = await deployment.stop()
            throw error
        }
        let complaints = await deployment.stop()
        guard complaints.isEmpty else { throw TestSupportError(complaints.joined(separator: "\n")) }
    }

    /// Servers whose own durability is not what the test is about.
    static var fast: Deployment.Options {
        var options = Deployment.Options()
        options.postgres = .fast
        return options
    }

    private init(deployment: Deployment) {
        self.deployment = deployment
        player = CustomerPlayer(
            customer: Customer(name: "Ana Diaz", waID: "16505551234"), number: number,
            appSecret: deployment.settings.appSecret)
    }

    @discardableResult
    func createTenant(phoneNumberID: String? = nil, wabaID: String? = nil) async throws -> WorkerCommand.Tenant {
        try await deployment.command.createTenant(
            "Harbour Windows", phoneNumberID: phoneNumberID ?? number.phoneNumberID, wabaID: wabaID ?? number.wabaID,
            accessToken: number.accessToken)
    }

    /// Posts a body with its signature.
    func post(_ body: [UInt8], to ingress: ServiceProcess) async throws -> HTTPReply {
        guard let port = ingress.port else { throw TestSupportError("\(ingress.name) has no public port") }
        return try await player.post(body, toPort: port)
    }

    func post(_ body: String, to ingress: ServiceProcess) async throws -> HTTPReply {
        try await post(Array(body.utf8), to: ingress)
    }

    /// Posts a body until it is taken, as Meta does: 503 is the answer where Redis stood still for a moment. A webhook that
    /// Redis took but acknowledged too late was answered so, too, and is queued twice.
    /// - Throws: at every other answer, and where there is none.
    func postUntilTaken(_ body: [UInt8], to ingress: ServiceProcess) async throws {
        let outcome = try await waitFor("a webhook to be taken", within: .seconds(30), poll: .milliseconds(200)) {
            // An error would count as "not yet".
            do {
                let status = try await post(body, to: ingress).status
                return status == 503 ? nil : Result<Int, any Error>.success(status)
            } catch {
                return .failure(error)
            }
        }
        let status = try outcome.get()
        guard status == 200 else { throw TestSupportError("a webhook was answered with \(status)") }
    }

    func postUntilTaken(_ body: String, to ingress: ServiceProcess) async throws {
        try await postUntilTaken(Array(body.utf8), to: ingress)
    }

    func messageCount() async throws -> Int {
        Int(try await deployment.sql("select count(*) from whatsapp_messages")) ?? -1
    }

    /// Waits until `count` messages are stored.
    func waitForMessages(_ count: Int, within limit: Duration = .seconds(30)) async throws {
        try await waitUntil("\(count) messages are stored", within: limit) { try await messageCount() >= count }
    }

    /// Waits until nothing waits and nothing is claimed.
    func waitForEmptyQueue(within limit: Duration = .seconds(30)) async throws {
        try await waitUntil("nothing waits and nothing is claimed", within: limit) {
            let depths = try await deployment.depths()
            return depths.ready == 0 && depths.claimed == 0 && depths.scheduled == 0
        }
    }

    /// A text message's body with this wamid.
    func text(_ wamid: String, _ text: String = "hello") -> [UInt8] {
        player.webhook(.text(text), wamid: wamid).body
    }
}
