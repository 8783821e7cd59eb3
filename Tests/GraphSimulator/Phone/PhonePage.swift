/// The files of the page that looks like a customer's phone.
enum PhonePage {
    static let html = file(PackageResources.phone_html, "text/html; charset=utf-8")
    static let css = file(PackageResources.phone_css, "text/css; charset=utf-8")
    static let javaScript = file(PackageResources.phone_js, "text/javascript; charset=utf-8")

    private static func file(_ bytes: [UInt8], _ type: String) -> GraphAnswer {
        GraphAnswer(
            status: 200,
            headers: [
                ("cache-control", "no-cache"), ("x-content-type-options", "nosniff"),
                (
                    "content-security-policy",
                    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'"
                ),
            ],
            contentType: type, body: bytes)
    }
}
