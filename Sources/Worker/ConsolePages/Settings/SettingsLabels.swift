/// How the settings page calls the fields of the API's JSON, for whoever reads what is wrong with one of them.
public enum SettingsLabels {
    /// Nil for what stands in no form.
    public static func label(of field: String) -> String? {
        switch field {
        case "phone_number_id": "Phone number ID"
        case "waba_id": "WhatsApp Business account ID"
        case "access_token": "Access token"
        case "is_active": "Send messages"
        case "default_body": "Default message"
        case "template.name": "Template name"
        case "template.language": "Template language"
        case "throttle_per_second": "Messages per second, at most"
        case _ where field.hasPrefix("link_hosts"): hosts(field)
        case _: nil
        }
    }

    /// `link_hosts[2]` is the third line.
    private static func hosts(_ field: String) -> String {
        let line = Int(field.dropFirst("link_hosts[".count).prefix { $0 != "]" })
        return "Allowed link hosts" + (line.map { ", line \($0 + 1)" } ?? "")
    }
}
