import ArgumentParser

/// `worker tenant …`
struct TenantCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenant", abstract: "Tenants and their WhatsApp numbers.",
        subcommands: [
            TenantCreateCommand.self, TenantListCommand.self, TenantSetTokenCommand.self, TenantRotateKeyCommand.self,
            TenantDisableCommand.self,
        ])
}
