internal import Outbound
internal import QueueAdministration
internal import Tenants

/// The settings as the API tells them. Never a token.
enum ConfigJSON {
    static func members(_ config: TenantConfig) -> [(String, JSONOutput)] {
        [
            ("phone_number_id", .text(config.phoneNumberID)), ("waba_id", .orNull(config.wabaID)),
            ("display_phone_number", .orNull(config.displayPhoneNumber)), ("is_active", .bool(config.isActive)),
            ("status", .text(config.status)), ("status_reason", .orNull(config.statusReason)),
            ("throttle_per_second", .integer(Int64(config.throttlePerSecond))),
            (
                "template",
                config.template.map { .object([("name", .text($0.name)), ("language", .text($0.language))]) } ?? .null
            ),
            ("default_body", .orNull(config.defaultBody)), ("link_hosts", .list(config.linkHosts.map { .text($0) })),
            (
                "access_token",
                .object([
                    ("last4", .orNull(config.accessToken.last4)),
                    ("set_at", .text(UTCTime.text(config.accessToken.setAt))),
                    ("set_by", .text(config.accessToken.setBy)),
                ])
            ), ("version", .integer(config.version)),
        ]
    }
}
