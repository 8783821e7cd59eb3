import TestSupport
import Testing

@Suite("The feed of events over the API")
struct EventAPITests {
    private static func next(_ text: String) -> String {
        guard let mark = text.firstRange(of: #""next":""#) else { return "" }
        return String(text[mark.upperBound...].prefix { $0 != "\"" })
    }

    private static func pause(_ console: ConsoleHarness, _ reason: String) async throws {
        _ = try await console.sql(
            "update whatsapp_configs set status = '\(reason)' where tenant_id = \(console.first.id)")
    }

    @Test("a reader who waits is answered as soon as something happens, and with nothing when the time is over")
    func longPoll() async throws {
        try await ConsoleHarness.run { console in
            let key = console.first.key
            let empty = try await console.call("GET", "/api/whatsapp/events?wait=1", key: key)
            #expect(empty.text == #"{"events":[],"next":"0"}"#)
            async let waiting = console.call("GET", "/api/whatsapp/events?after=0&wait=20", key: key)
            async let foreign = console.call("GET", "/api/whatsapp/events?after=0&wait=2", key: console.other.key)
            // So that it waits: it has asked at least once.
            try await waitUntil("the readers to have asked") {
                try await console.sql(
                    "select count(*) > 2 from pg_stat_activity where datname = current_database()") == "t"
            }
            try await Self.pause(console, "paused")
            let reply = try await waiting
            #expect(reply.status == 200)
            #expect(reply.text.contains(#""type": "number.paused""#))
            #expect(Self.next(reply.text) == "1")
            #expect(try await foreign.text == #"{"events":[],"next":"0"}"#)
            try await Self.pause(console, "active")
            let resumed = try await console.call("GET", "/api/whatsapp/events?after=1&wait=20", key: key)
            #expect(resumed.text.contains(#""type": "number.resumed""#))
        }
    }

    @Test("a cursor that is none, or lies beyond the tenant's last event, is refused and says what is expected")
    func cursors() async throws {
        try await ConsoleHarness.run { console in
            try await Self.pause(console, "paused")
            let page = try await console.call("GET", "/api/whatsapp/events", key: console.first.key)
            #expect(Self.next(page.text) == "1")
            for cursor in ["1x", "-1", "99999999999999999999", "%00", "2", "9223372036854775807"] {
                let reply = try await console.call(
                    "GET", "/api/whatsapp/events?after=\(cursor)", key: console.first.key)
                #expect(reply.status == 400, "\(cursor)")
                #expect(reply.text.contains("after: expected"))
            }
            // The first tenant's cursor with the other one's key: it would wait behind events that come.
            let foreign = try await console.call("GET", "/api/whatsapp/events?after=1&wait=20", key: console.other.key)
            #expect(foreign.status == 400)
            for wait in ["x", "-1", "26"] {
                let reply = try await console.call(
                    "GET", "/api/whatsapp/events?wait=\(wait)", key: console.first.key)
                #expect(reply.status == 400)
            }
        }
    }
}
