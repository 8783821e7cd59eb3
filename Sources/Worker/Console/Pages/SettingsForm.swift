internal import ConsolePages
internal import Tenants

/// The settings as they were typed into the form.
struct SettingsForm: Sendable {
    private let form: FormFields

    init(_ form: FormFields) { self.form = form }

    private func text(_ name: String) -> String { (form[name] ?? "").replacing("\r\n", with: "\n").trimmed }

    private var hosts: [String] {
        text("link_hosts").split { $0 == "\n" || $0 == "," || $0 == " " }.map(String.init)
    }

    func change() throws(ConfigError) -> ConfigChange {
        var change = ConfigChange()
        change.phoneNumberID = .set(text("phone_number_id"))
        change.wabaID = .set(text("waba_id").isEmpty ? nil : text("waba_id"))
        if !text("access_token").isEmpty { change.accessToken = .set(text("access_token")) }
        change.isActive = .set(form["is_active"] != nil)
        if !text("throttle_per_second").isEmpty {
            guard let rate = Int64(text("throttle_per_second")) else {
                throw .invalid(field: "throttle_per_second", rule: "expected a whole number from 1 to 1000")
            }
            change.throttlePerSecond = .set(rate)
        }
        let (name, language) = (text("template_name"), text("template_language"))
        change.template = .set(
            name.isEmpty && language.isEmpty ? nil : TenantConfig.MessageTemplate(name: name, language: language))
        change.defaultBody = .set(text("default_body").isEmpty ? nil : text("default_body"))
        change.linkHosts = .set(hosts)
        return change
    }

    /// Shows again what was typed; never a token.
    func fill(_ page: inout SettingsPage) {
        page.phoneNumberID = text("phone_number_id")
        page.wabaID = text("waba_id")
        page.isActive = form["is_active"] != nil
        page.throttlePerSecond = text("throttle_per_second")
        page.templateName = text("template_name")
        page.templateLanguage = text("template_language")
        page.defaultBody = text("default_body")
        page.linkHosts = hosts
        page.version = form["version"].flatMap { $0.isEmpty ? nil : $0 } ?? page.version
    }

    /// The form's name of a field of the API's JSON.
    static func name(of field: String) -> String {
        if field.hasPrefix("link_hosts") { return "link_hosts" }
        return field.replacing(".", with: "_")
    }
}
