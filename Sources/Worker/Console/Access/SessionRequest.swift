internal import HTTPTypes
internal import HummingbirdCore

/// What a request to the API must have that comes with a browser's session instead of a key. Browsers send cookies along by
/// themselves, so the cookie alone does not prove that one of our own pages asked.
enum SessionRequest {
    /// Holds the session's token: another site can neither read it nor send this header without being allowed to first
    /// (Fetch, CORS preflight), which the console never does.
    static let header = HTTPField.Name.known("X-CSRF-Token")
    /// Set by browsers, and by no script (W3C, Fetch Metadata Request Headers).
    private static let site = HTTPField.Name.known("Sec-Fetch-Site")

    static func check(_ call: Call, csrf: String) throws(Problem) {
        // "none": typed in, or a bookmark.
        let site = call.header(site) ?? "same-origin"
        guard site == "same-origin" || site == "none" else {
            throw refusal("Another site made this request. Only the console's own pages may use its session.")
        }
        guard call.request.method != .get, call.request.method != .head else { return }
        guard let token = call.header(header), SessionStore.isCSRF(token, csrf) else {
            throw refusal(
                "A session changes something only with the header X-CSRF-Token, whose value is that of the field csrf in "
                    + "the forms of the console's pages. Programs use an API key instead.")
        }
    }

    private static func refusal(_ detail: String) -> Problem {
        Problem(.forbidden, "forged", "This may not come from who is signed in.", detail: detail)
    }
}
