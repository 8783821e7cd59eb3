import Foundation
import TestSupport
import Testing

@Suite("A message that is sent again")
struct SendAgainTests {
    @Test("says as which, and offers it no more; pressed twice it is one new message")
    func again() async throws {
        try await ConsoleHarness.run { console in
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(console.first.key)
            let sent = try await console.call(
                "POST", "/api/whatsapp/send", key: console.first.key,
                body: #"{"type":"text","to":"+16505551234","body":"Next Monday."}"#)
            #expect(sent.status == 202)
            let id = try await console.sql(
                "update whatsapp_messages set status = 'failed', reason = 'It failed.' returning id")
            let conversation = try await console.sql("select id from whatsapp_conversations")
            let page = "/app/whatsapp/conversations/\(conversation)"
            let resend = "/app/whatsapp/messages/\(id)/resend"
            let before = try await browser.get(page).text
            #expect(before.contains(resend) && !before.contains("Sent again as"))
            let report = "/api/whatsapp/messages/\(id)"
            #expect(try await !console.call("GET", report, key: console.first.key).text.contains("sent_again_as"))

            for _ in 1...2 { #expect(try await browser.post(resend, [], from: page).status == 303) }
            let new = try await console.sql("select id from whatsapp_messages where id <> '\(id)'")
            #expect(new.count == 26, "one new message: \(new)")
            let after = try await browser.get(page).text
            #expect(!after.contains(resend))
            #expect(after.contains("Sent again as <a href=\"#m\(new)\">") && after.contains("id=\"m\(new)\""))
            #expect(try await browser.get(page + "/fragment").text.contains("Sent again as"))
            let told = try await console.call("GET", report, key: console.first.key).text
            #expect(told.contains(#""reason":"It failed.","sent_again_as":"\#(new)""#), "\(told)")

            // The new one may fail, too, and then it is its turn.
            _ = try await console.sql(
                "update whatsapp_messages set status = 'failed', reason = 'No.' where id = '\(new)'")
            let third = try await browser.get(page).text
            #expect(third.contains("/app/whatsapp/messages/\(new)/resend") && !third.contains(resend))
            // On a page of older messages the link leads to the newest one.
            _ = try await console.sql(
                """
                update whatsapp_messages set sent_at = now() - interval '1 day' where id = '\(id)';
                update whatsapp_messages set sent_at = now() - interval '1 hour' where id = '\(new)'
                """)
            for number in 1...60 {
                _ = try await console.call(
                    "POST", "/api/whatsapp/send", key: console.first.key,
                    body: #"{"type":"text","to":"+16505551234","body":"\#(number)"}"#)
            }
            _ = try await console.sql(
                "update whatsapp_messages set sent_at = now() - interval '2 hours' where text ~ '^[0-9]+$' and text::int < 55"
            )
            let newest = try await browser.get(page).text
            let older = newest.components(separatedBy: "\" rel=\"prev\"").first?.components(separatedBy: "href=\"").last
            let last = try await browser.get((older ?? "").replacing("&amp;", with: "&")).text
            #expect(last.contains("Sent again as <a href=\"\(page)#m\(new)\">"), "\(older ?? "")")
        }
    }
}
