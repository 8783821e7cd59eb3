import MediaFiles
import Testing

/// What is taken, and under which type it is served.
@Suite struct MediaRulesTests {
    @Test(
        "a file is taken as what it comes as",
        arguments: [
            ("image", "image/jpeg", true), ("image", "image/svg+xml", false), ("image", "text/html", false),
            ("sticker", "image/webp", true), ("sticker", "image/png", false),
            ("audio", "audio/ogg; codecs=opus", true), ("audio", "video/mp4", false), ("video", "video/mp4", true),
            ("document", "application/acad", true), ("edit", "image/png", true), ("edit", "image/svg+xml", false),
        ])
    func types(message: String, type: String, isTaken: Bool) throws {
        let type = try #require(MIMEType(type))
        #expect(MediaKind(messageType: message, mimeType: type).allows(type) == isTaken)
    }

    @Test(
        "nothing is served under a type that a browser runs",
        arguments: [
            ("image/jpeg", "image/jpeg"), ("IMAGE/PNG ; q=1", "image/png"), ("application/pdf", "application/pdf"),
            ("image/svg+xml", "application/octet-stream"), ("text/html", "application/octet-stream"),
            ("application/xhtml+xml", "application/octet-stream"), ("text/javascript", "application/octet-stream"),
        ])
    func served(type: String, served: String) {
        #expect(MIMEType(type)?.served == served)
    }

    @Test(
        "what is no media type is none", arguments: ["", "jpeg", "image/", "/x", "a/b/c", "image/\u{1}", "bild/größe"])
    func noTypes(text: String) {
        #expect(MIMEType(text) == nil)
    }

    @Test("a name never holds what could lead elsewhere", arguments: ["", "a", "../x", "a/b", "a.b", "a\0b"])
    func names(id: String) {
        #expect(MediaName(tenant: 1, message: id) == nil)
        #expect(MediaName(tenant: 1, message: "01JD0000000000000000000001")?.description.hasPrefix("1/") == true)
    }
}
