internal import LenientJSON
internal import Tenants

/// Reads the body of `PUT /api/whatsapp/config`. Members that are absent keep their value; null clears those that may be
/// empty. Members that answers have and nobody can set are without effect, so that what was read can be sent back.
enum ConfigBody {
    private static let readOnly: Set<String> = [
        "status", "status_reason", "display_phone_number", "version", "waiting",
    ]

    static func read(_ body: [UInt8]) throws(Problem) -> ConfigChange {
        var parser = JSONParser()
        let result: Result<ConfigChange, Problem>
        do throws(JSONParsingError) {
            result = try parser.withDocument(body) { root in
                do throws(Problem) {
                    return .success(try change(root))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw Problem.badRequest("The body is not JSON: \(error)")
        }
        return try result.get()
    }

    private static func change(_ root: JSONValue) throws(Problem) -> ConfigChange {
        guard root.isObject else { throw .unprocessable("", "wrong_type", "The body is not a JSON object.") }
        var change = ConfigChange()
        for (key, value) in root.members {
            let name = key.string ?? ""
            switch name {
            case "phone_number_id": change.phoneNumberID = .set(try text(value, name))
            case "waba_id": change.wabaID = .set(try optionalText(value, name))
            case "access_token": change.accessToken = .set(try text(value, name))
            case "is_active":
                guard let bool = value.bool else { throw wrongType(name, "true or false") }
                change.isActive = .set(bool)
            case "throttle_per_second":
                guard let number = value.int64 else { throw wrongType(name, "a whole number") }
                change.throttlePerSecond = .set(number)
            case "template": change.template = .set(try template(value))
            case "default_body": change.defaultBody = .set(try optionalText(value, name))
            case "link_hosts":
                guard value.isArray else { throw wrongType(name, "a list of hosts") }
                var hosts: [String] = []
                for host in value.elements { hosts.append(try text(host, "link_hosts[\(hosts.count)]")) }
                change.linkHosts = .set(hosts)
            case _ where readOnly.contains(name): continue
            case _:
                throw .unprocessable(
                    "", "unknown_field", "The body has a member that the settings do not know.")
            }
        }
        return change
    }

    private static func template(_ value: JSONValue) throws(Problem) -> TenantConfig.MessageTemplate? {
        if value.isNull { return nil }
        guard value.isObject else { throw wrongType("template", "an object with name and language") }
        guard let name = value["name"], let language = value["language"] else {
            throw .unprocessable("template", "missing_field", "expected both name and language")
        }
        return TenantConfig.MessageTemplate(
            name: try text(name, "template.name"), language: try text(language, "template.language"))
    }

    private static func text(_ value: JSONValue, _ name: String) throws(Problem) -> String {
        guard let text = value.string else { throw wrongType(name, "a text in quotes") }
        return text
    }

    private static func optionalText(_ value: JSONValue, _ name: String) throws(Problem) -> String? {
        value.isNull ? nil : try text(value, name)
    }

    private static func wrongType(_ name: String, _ expected: String) -> Problem {
        .unprocessable(name, "wrong_type", "expected \(expected)")
    }
}
