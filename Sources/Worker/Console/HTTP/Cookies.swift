internal import HTTPTypes
internal import HummingbirdCore

/// The console's cookies. Behind https their names bind them to this host.
struct ConsoleCookies: Sendable {
    let isSecure: Bool

    var session: String { name("quoteline_session") }
    /// Before sign-in: what the sign-in form is checked against.
    var form: String { name("quoteline_form") }

    private func name(_ base: String) -> String { isSecure ? "__Host-\(base)" : base }

    func read(_ name: String, _ call: Call) -> String? {
        for header in call.request.headers[values: .cookie] {
            for pair in header.split(separator: ";") {
                let halves = pair.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
                if halves.count == 2, halves[0] == name, (1...128).contains(halves[1].utf8.count) {
                    return String(halves[1])
                }
            }
        }
        return nil
    }

    /// - Parameter seconds: 0 removes it.
    func set(_ name: String, _ value: String, seconds: Int) -> HTTPField {
        HTTPField(
            name: .setCookie,
            value: "\(name)=\(value); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(seconds)"
                + (isSecure ? "; Secure" : ""))
    }
}
