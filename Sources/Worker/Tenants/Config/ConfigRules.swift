/// The rules for each field of the settings.
public enum ConfigRules {
    /// Refuses values that break a field's rule.
    public static func check(_ change: ConfigChange) throws(ConfigError) {
        if case .set(let id) = change.phoneNumberID, PhoneNumberID(id) == nil {
            throw .invalid(field: "phone_number_id", rule: "expected \(PhoneNumberID.expectation)")
        }
        if case .set(.some(let id)) = change.wabaID, WABAID(id) == nil {
            throw .invalid(field: "waba_id", rule: "expected \(WABAID.expectation)")
        }
        if case .set(let rate) = change.throttlePerSecond, !(1...1_000).contains(rate) {
            throw .invalid(field: "throttle_per_second", rule: "expected a whole number from 1 to 1000")
        }
        if case .set(let token) = change.accessToken {
            guard !token.isEmpty, token.utf8.count <= 4_096, token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            else {
                throw .invalid(
                    field: "access_token", rule: "expected 1 to 4096 printable ASCII characters without spaces")
            }
        }
        if case .set(.some(let body)) = change.defaultBody {
            guard (1...1_024).contains(body.unicodeScalars.count), !body.allSatisfy(\.isWhitespace), isClean(body)
            else {
                throw .invalid(
                    field: "default_body",
                    rule: "expected 1 to 1024 characters, not all blank, without control characters")
            }
        }
        if case .set(.some(let template)) = change.template { try check(template) }
        if case .set(let hosts) = change.linkHosts { try check(hosts) }
    }

    private static func check(_ template: TenantConfig.MessageTemplate) throws(ConfigError) {
        guard isIdentifier(template.name, longest: 512) else {
            throw .invalid(field: "template.name", rule: "expected the template's name, such as quote_ready")
        }
        guard isIdentifier(template.language, longest: 20) else {
            throw .invalid(field: "template.language", rule: "expected a language code, such as en_US")
        }
    }

    private static func check(_ hosts: [String]) throws(ConfigError) {
        guard hosts.count <= 100 else { throw .invalid(field: "link_hosts", rule: "holds more than 100 hosts") }
        for (index, host) in hosts.enumerated() {
            let host = host.lowercased()
            guard HostName.isFull(host.hasPrefix("*.") ? host.dropFirst(2) : host[...]) else {
                throw .invalid(
                    field: "link_hosts[\(index)]",
                    rule: "expected a host's full name, such as quotes.example.com, or *.example.com")
            }
        }
    }

    private static func isIdentifier(_ text: String, longest: Int) -> Bool {
        (1...longest).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// Without control characters save line breaks and tabs, and without U+FFFD, the mark of a damaged text.
    private static func isClean(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            scalar == "\n" || scalar == "\t" || scalar == "\r"
                || scalar != "\u{FFFD}" && scalar.properties.generalCategory != .control
        }
    }
}
