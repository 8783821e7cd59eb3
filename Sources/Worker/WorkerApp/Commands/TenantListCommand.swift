import ArgumentParser
import OperationsKit
import Tenants

/// `worker tenant list`
struct TenantListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List all tenants with their numbers.", discussion: "Needs DATABASE_URL.")

    private static let pageSize = 1_000

    @Flag(help: "Print a JSON array.")
    var json = false

    func run() async throws {
        try await CommandOutcome.report {
            let database = try CommandDatabase(Settings.process())
            let tenants = try await database.transaction { session in
                var all: [TenantSummary] = []
                while true {
                    let page = try TenantStore.list(
                        after: all.last?.id ?? TenantID(0), limit: Self.pageSize, in: session)
                    all += page
                    if page.count < Self.pageSize { return all }
                }
            }
            print(json ? TenantListing.json(tenants) : TenantListing.text(tenants))
        }
    }
}
