internal import LenientJSON
internal import Tenants

/// Reads the body of `PUT /api/whatsapp/config`. Members that are absent keep their value; null clears those that may be
/// empty. Members that answers have and nobody can set are without effect, so that what was read can be sent back.
enum ConfigBody {
    private static let readOnly: Set<String> = [
        "status", "status_reason", "display_phone_number", "version", "waiting",
    ]

    static func read(_ body: [UInt8]) throws(Problem) -> ConfigChange {
        try JSONBody.read(body) { root throws(Problem) in try change(root) }
    }

    private static func change(_ root: JSONValue) throws(Problem) -> ConfigChange {
        var change = ConfigChange()
        for (key, value) in root.members {
            let name = key.string ?? ""
            switch name {
            case "phone_number_id": change.phoneNumberID = .set(try JSONBody.text(value, name))
            case "waba_id": change.wabaID = .set(try JSONBody.optionalText(value, name))
            case "access_token": change.accessToken = .set(try JSONBody.text(value, name))
            case "is_active":
                guard let bool = value.bool else { throw JSONBody.wrongType(name, "true or false") }
                change.isActive = .set(bool)
            case "throttle_per_second":
                guard let number = value.int64 else { throw JSONBody.wrongType(name, "a whole number") }
                change.throttlePerSecond = .set(number)
            case "template": change.template = .set(try template(value))
            case "default_body": change.defaultBody = .set(try JSONBody.optionalText(value, name))
            case "link_hosts":
                guard value.isArray else { throw JSONBody.wrongType(name, "a list of hosts") }
                var hosts: [String] = []
                for host in value.elements { hosts.append(try JSONBody.text(host, "link_hosts[\(hosts.count)]")) }
                change.linkHosts = .set(hosts)
            case _ where readOnly.contains(name): continue
            case _:
                throw .unprocessable(
                    String(name.prefix(64)), "unknown_field", "is no member of the settings")
            }
        }
        return change
    }

    private static func template(_ value: JSONValue) throws(Problem) -> TenantConfig.MessageTemplate? {
        if value.isNull { return nil }
        guard value.isObject else { throw JSONBody.wrongType("template", "an object with name and language") }
        guard let name = value["name"], let language = value["language"] else {
            throw .unprocessable("template", "missing_field", "expected both name and language")
        }
        return TenantConfig.MessageTemplate(
            name: try JSONBody.text(name, "template.name"), language: try JSONBody.text(language, "template.language"))
    }
}
