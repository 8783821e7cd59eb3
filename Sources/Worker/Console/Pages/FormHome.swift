/// Where a form stands: whoever has to sign in before it is taken comes back to its page, where the browser still has what was
/// typed (`console.js`).
enum FormHome {
    private static let pages = [
        "/app/whatsapp/keys", "/app/whatsapp/conversations", "/app/whatsapp", "/app/queues/tenants", "/app/queues",
    ]

    /// - Parameter path: what the form posts to, or a part of a page that is asked for by itself.
    static func page(of path: String) -> String {
        let parts = path.split(separator: "/")
        // /app/whatsapp/conversations/{id}/send
        if parts.count == 5, parts[2] == "conversations" { return "/" + parts.dropLast().joined(separator: "/") }
        if parts.count > 2, parts[2] == "messages" { return "/app/whatsapp/conversations" }
        return pages.first { path == $0 || path.hasPrefix($0 + "/") } ?? "/app"
    }
}
