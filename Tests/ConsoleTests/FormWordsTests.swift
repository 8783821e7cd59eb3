import Foundation
import TestSupport
import Testing

@Suite("What is wrong with a form")
struct FormWordsTests {
    @Test(
        "is said of the field as the page calls it",
        arguments: [
            ("throttle_per_second", "0", "Messages per second, at most: expected a whole number from 1 to 1000"),
            ("throttle_per_second", "many", "Messages per second, at most: expected a whole number from 1 to 1000"),
            ("waba_id", "a b", "WhatsApp Business account ID: expected 1 to 64"),
            ("default_body", String(repeating: "x", count: 1_025), "Default message: expected 1 to 1024"),
            ("template_name", "quote_ready", "Template language: expected a language code"),
            ("template_language", "en", "Template name: expected the template’s name"),
            ("link_hosts", "quotes.example.com localhost", "Allowed link hosts, line 2: expected a host’s full name"),
            ("access_token", "a b", "Access token: expected 1 to 4096"),
        ])
    func settings(field: String, value: String, words: String) async throws {
        try await ConsoleHarness.run { console in
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(console.first.key)
            let form = [("version", "1"), ("phone_number_id", "1001")].filter { $0.0 != field } + [(field, value)]
            let page = try await browser.post("/app/whatsapp", form, from: "/app/whatsapp")
            #expect(page.status == 422)
            let text = page.text.replacing("&#39;", with: "’").replacing("&#x27;", with: "’").replacing("'", with: "’")
            #expect(text.contains("<li>\(words)"), "\(text.split(separator: "role=").dropFirst().first ?? "")")
            #expect(!text.contains("\(field):") && !text.contains("template."))
        }
    }

    @Test("in a form for sending, too, and of a quote that was sent before")
    func sending() async throws {
        try await ConsoleHarness.run { console in
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(console.first.key)
            let list = "/app/whatsapp/conversations"
            let good = [
                ("type", "quote_link"), ("to", "+16505551234"), ("quote_id", "Q-1"),
                ("quote_url", "https://quotes.example.com/1"), ("body", "Here you are."),
            ]
            func post(_ field: String, _ value: String) async throws -> (status: Int, problem: String) {
                let reply = try await browser.post(
                    list, good.map { $0.0 == field ? (field, value) : $0 }, from: list)
                let alert = reply.text.components(separatedBy: "notice bad").dropFirst().first ?? ""
                return (reply.status, alert.components(separatedBy: "</p>").first ?? "")
            }
            for (field, value, words) in [
                ("to", "12", "WhatsApp number: expected a phone number"),
                ("quote_url", "http://quotes.example.com", "Link to the quote: is not an https link"),
                ("quote_id", "", "Quote number: "),
                ("body", String(repeating: "x", count: 1_025), "Message: is longer"),
            ] {
                let refused = try await post(field, value)
                #expect(refused.status == 422 && refused.problem.contains("<span>\(words)"), "\(refused)")
            }
            #expect(try await post("to", "+16505551234").status == 303)
            let again = try await post("body", "Something else.")
            #expect(again.status == 422)
            #expect(
                again.problem.contains("got a quote with this number before, with another “Message”"),
                "\(again.problem)")
            #expect(!again.problem.contains("idempotency"))
        }
    }

    @Test(
        "brings whoever has to sign in first back to its page",
        arguments: [
            ("/app/whatsapp", "/app/whatsapp"), ("/app/whatsapp/test", "/app/whatsapp"),
            ("/app/whatsapp/conversations", "/app/whatsapp/conversations"),
            ("/app/whatsapp/conversations/17/send", "/app/whatsapp/conversations/17"),
            ("/app/whatsapp/messages/01JD0000000000000000000000/resend", "/app/whatsapp/conversations"),
            ("/app/whatsapp/keys/3/rotate", "/app/whatsapp/keys"), ("/app/queues/tenants", "/app/queues/tenants"),
            ("/app/queues/inbound/pause", "/app/queues"),
        ])
    func signingInFirst(form: String, page: String) async throws {
        try await ConsoleHarness.run { console in
            let reply = try await console.call(
                "POST", form, headers: [("Content-Type", "application/x-www-form-urlencoded")], body: "body=typed")
            #expect(reply.status == 303)
            #expect(reply.header("Location") == "/app/sign-in?next=" + page.replacing("/", with: "%2F"))
        }
    }
}
