import MediaFiles
import NIOCore
import TestSupport
import Testing

@Suite("The files of messages")
struct MediaServingTests {
    private static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3]

    @Test("show as pictures or as attachments, to their own tenant only, and never as a page")
    func serving() async throws {
        try await ConsoleHarness.run { console in
            let conversation = try await console.receive()
            let picture = try await console.receive(
                "image", "image/jpeg", name: nil, bytes: Self.jpeg, in: conversation)
            let page = try await console.receive(
                "document", "text/html", name: "plan \"ü\".html", bytes: Array("<script>alert(1)</script>".utf8),
                in: conversation)
            let shown = try await console.call("GET", "/api/whatsapp/media/\(picture)", key: console.first.key)
            #expect(shown.status == 200 && shown.body == Self.jpeg)
            #expect(shown.header("Content-Type") == "image/jpeg")
            #expect(shown.header("Content-Disposition")?.hasPrefix("inline") == true)
            #expect(shown.header("Accept-Ranges") == "none")
            let given = try await console.call("GET", "/api/whatsapp/media/\(page)", key: console.first.key)
            #expect(given.header("Content-Type") == "application/octet-stream")
            #expect(
                given.header("Content-Disposition")
                    == "attachment; filename*=UTF-8''plan%20%22%C3%BC%22.html")
            #expect(given.header("X-Content-Type-Options") == "nosniff")
            #expect(given.header("Content-Security-Policy")?.hasPrefix("sandbox; default-src 'none'") == true)
            #expect(given.header("Cross-Origin-Resource-Policy") == "same-origin")
            #expect(given.header("Cache-Control")?.contains("private") == true)
            for id in [picture, page, "media-\(picture)", "nothing", "a%00b", "..%2f..%2fetc"] {
                #expect(
                    try await console.call("GET", "/api/whatsapp/media/\(id)", key: console.other.key).status == 404)
            }
            #expect(try await console.call("GET", "/api/whatsapp/media/\(picture)").status == 401)
            #expect(
                try await console.call("GET", "/api/whatsapp/media/media-\(picture)", key: console.first.key).body
                    == Self.jpeg)
            let head = try await console.call("HEAD", "/api/whatsapp/media/\(picture)", key: console.first.key)
            #expect(head.status == 200 && head.body.isEmpty)
        }
    }

    @Test("are told as they are: waiting, failed with the reason, or gone from their folder")
    func states() async throws {
        try await ConsoleHarness.run { console in
            let conversation = try await console.receive()
            let waiting = try await console.receive("image", "image/png", name: nil, bytes: nil, in: conversation)
            let failed = try await console.receive("image", "image/png", name: nil, bytes: nil, in: conversation)
            _ = try await console.sql(
                "update whatsapp_media set state = 'failed', reason = 'It was too large.' where message_id = '\(failed)'"
            )
            let lost = try await console.receive("audio", "audio/ogg", name: nil, bytes: nil, in: conversation)
            _ = try await console.sql(
                "update whatsapp_media set state = 'stored', mime_type = 'audio/ogg', size = 3 where message_id = '\(lost)'"
            )
            func status(_ id: String) async throws -> Int {
                try await console.call("GET", "/api/whatsapp/media/\(id)", key: console.first.key).status
            }
            #expect(try await status(waiting) == 409)
            let gone = try await console.call("GET", "/api/whatsapp/media/\(failed)", key: console.first.key)
            #expect(gone.status == 410 && gone.text.contains("It was too large."))
            #expect(try await status(lost) == 503)
            let list = try await console.call(
                "GET", "/api/whatsapp/conversations/\(conversation)/messages", key: console.first.key
            ).text
            #expect(list.contains(#""state":"failed","size":null,"reason":"It was too large.","url":null"#))
            #expect(list.contains(#""url":"/api/whatsapp/media/\#(lost)""#))
        }
    }

    @Test("stand in the thread: a picture is seen, another file is offered, what is missing says why")
    func thread() async throws {
        try await ConsoleHarness.run { console in
            let conversation = try await console.receive()
            let picture = try await console.receive(
                "image", "image/jpeg", name: nil, bytes: Self.jpeg, in: conversation)
            let plan = try await console.receive(
                "document", "application/pdf", name: "plan.pdf", bytes: [1, 2, 3], in: conversation)
            let failed = try await console.receive("image", "image/png", name: nil, bytes: nil, in: conversation)
            _ = try await console.sql(
                "update whatsapp_media set state = 'failed', reason = 'It was too large.' where message_id = '\(failed)'"
            )
            _ = try await console.receive("video", "video/mp4", name: nil, bytes: nil, in: conversation)
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(console.first.key)
            let page = try await browser.get("/app/whatsapp/conversations/\(conversation)").text
            #expect(page.contains(#"<img src="/app/whatsapp/media/\#(picture)""#))
            #expect(page.contains(#"<a href="/app/whatsapp/media/\#(plan)" download>"#))
            #expect(page.contains("plan.pdf") && page.contains("3 bytes"))
            #expect(page.contains("It was too large."))
            #expect(page.contains("The file is being fetched."))
            let shown = try await browser.get("/app/whatsapp/media/\(picture)")
            #expect(shown.status == 200 && shown.body == Self.jpeg)
            let other = PageTests.Browser(console)
            _ = try await other.signIn(console.other.key)
            #expect(try await other.get("/app/whatsapp/media/\(picture)").status == 404)
        }
    }

    @Test("are served to nobody once their message was deleted, and neither is what it said; both are kept")
    func deleted() async throws {
        try await ConsoleHarness.run { console in
            let conversation = try await console.receive()
            let picture = try await console.receive(
                "image", "image/jpeg", name: "garden.jpg", bytes: Self.jpeg, in: conversation)
            _ = try await console.sql(
                """
                update whatsapp_messages set text = 'first words', edited_text = 'second words', edited_at = now()
                where id = '\(picture)';
                insert into whatsapp_messages (id, tenant_id, conversation_id, wamid, direction, type, status, text, sent_at,
                    reply_to)
                values ('01JDREPLY', \(console.first.id), \(conversation), 'wamid.reply', 'inbound', 'text', 'received',
                    'and this?', now() - interval '1 second', 'wamid.\(picture)')
                """)
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(console.first.key)
            let list = "/app/whatsapp/conversations"
            let api = "/api/whatsapp/conversations"
            func shown() async throws -> String {
                let key = console.first.key
                return try await [
                    browser.get(list).text, browser.get("\(list)/\(conversation)").text,
                    console.call("GET", api, key: key).text,
                    console.call("GET", "\(api)/\(conversation)/messages", key: key).text,
                ].joined(separator: "\n")
            }
            let before = try await shown()
            #expect(before.contains("second words") && !before.contains("first words"))
            #expect(before.contains("garden.jpg") && before.contains(#""revoked_at":null"#))

            _ = try await console.sql("update whatsapp_messages set revoked_at = now() where id = '\(picture)'")
            let after = try await shown()
            for trace in ["first words", "second words", "garden.jpg", "media-\(picture)", "/media/"] {
                #expect(!after.contains(trace), "\(trace)")
            }
            #expect(after.contains("and this?"))
            // In the list, in the thread, and where it is answered.
            #expect(after.split(separator: "Deleted by the sender").count == 4)
            #expect(after.contains(#""text":null,"reply_to":null,"media":null"#))
            for path in ["/api/whatsapp/media/\(picture)", "/api/whatsapp/media/media-\(picture)"] {
                let reply = try await console.call("GET", path, key: console.first.key)
                #expect(reply.status == 410 && reply.text.contains("deleted by its sender"), "\(reply.text)")
            }
            #expect(try await browser.get("/app/whatsapp/media/\(picture)").status == 410)
            let name = try #require(MediaName(tenant: console.first.id, message: picture))
            #expect(try await console.files.open(name) != nil)
        }
    }
}

extension ConsoleHarness {
    /// A customer's conversation with the first tenant.
    fileprivate func receive() async throws -> String {
        try await sql(
            """
            with c as (insert into whatsapp_conversations (tenant_id, customer_name, last_message_at, last_inbound_at)
                values (\(first.id), 'Ana', now(), now()) returning id)
            insert into whatsapp_identities (tenant_id, kind, value, conversation_id)
            select \(first.id), 'phone', '16505551234', id from c returning conversation_id
            """)
    }

    /// A customer's message with a file.
    /// - Parameter bytes: What is stored of it; nil while it is fetched.
    /// - Returns: The message's id; Meta's of the file is `media-` and that.
    fileprivate func receive(
        _ type: String, _ mimeType: String, name: String?, bytes: [UInt8]?, in conversation: String
    ) async throws -> String {
        let id = "01JD" + String(UInt64.random(in: .min ... .max), radix: 32).uppercased()
        let filename = name.map { "'\($0)'" } ?? "null"
        _ = try await sql(
            """
            insert into whatsapp_messages (id, tenant_id, conversation_id, wamid, direction, type, status, media_id,
                media_mime_type, media_filename, sent_at)
            values ('\(id)', \(first.id), \(conversation), 'wamid.\(id)', 'inbound', '\(type)', 'received', 'media-\(id)',
                '\(mimeType)', \(filename), now());
            insert into whatsapp_media (message_id, tenant_id, phone_number_id, media_id, expires_at, state, mime_type, size)
            values ('\(id)', \(first.id), '1001', 'media-\(id)', now() + interval '7 days',
                '\(bytes == nil ? "pending" : "stored")', '\(mimeType)', \(bytes.map { String($0.count) } ?? "null"))
            """)
        guard let bytes, let name = MediaName(tenant: first.id, message: id) else { return id }
        let upload = try await files.create(name)
        try await upload.write(ByteBuffer(bytes: bytes))
        try await upload.finish()
        return id
    }
}
