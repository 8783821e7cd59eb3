import Console
import Foundation
import JobQueue
import NIOCore
import OutboundLanes
import RedisClient
import TestSupport
import Testing

@Suite("The operators' pages and API")
struct LongListTests {
    @Test("turn long lists page by page")
    func longLists() async throws {
        try await ConsoleHarness.run { console in
            let keys = QueueKeys(prefix: console.prefix, queue: .inbound)
            for number in 1...250 {
                let job = JobElement(
                    header: JobHeader(
                        id: "job-\(number)", type: "webhook", receivedAt: 1_732_270_000_123,
                        error: JobFailure(code: number == 250 ? "rare" : "common", text: "It does not parse.")),
                    payload: ByteBuffer(string: "{}"))
                for command in [
                    RedisCommand("LPUSH", .text(keys.ready), .bytes(job.bytes)),
                    RedisCommand("ZADD", .text(keys.dead), .integer(number / 7), .bytes(job.bytes)),
                    RedisCommand(
                        "HSET", .text(QueueKeys(prefix: console.prefix, queue: .outbound).pausedLanes),
                        .text("9\(1_000 + number)"), #"{"since":1,"by":"test","reason":"r"}"#),
                ] { _ = try await console.redis.send(command) }
            }
            _ = try await console.sql(
                """
                insert into tenants (name) select 'Business ' || n from generate_series(1, 60) n;
                insert into whatsapp_unrouted (phone_number_id, content_hash, received_at, change)
                select (7000 + n % 130)::text, sha256(n::text::bytea), now(), '{}' from generate_series(1, 260) n
                """)
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(ConsoleHarness.operatorKey)
            for (path, prefix, marks) in [
                ("/app/queues/inbound/jobs?place=ready", "/jobs/job-", 250),
                ("/app/queues/inbound/jobs?place=dead", "/jobs/job-", 250),
                ("/app/queues/inbound/jobs?place=dead&error=common", "/jobs/job-", 249),
                ("/app/queues/lanes", #"aria-label="Resume 9"#, 250), ("/app/queues/unrouted", "<code>7", 130),
                ("/app/queues/tenants", #"aria-label="Sign-in link for"#, 62),
            ] {
                var (next, seen, count) = (Optional(path), 0, 0)
                while let page = next, count < 10 {
                    let reply = try await browser.get(page)
                    #expect(reply.status == 200, "\(page)")
                    seen += reply.text.components(separatedBy: prefix).count - 1
                    next = Self.link(reply.text, #"" rel="next""#)
                    count += 1
                }
                #expect(seen == marks, "\(path)")
                #expect(count == (marks + 99) / 100 || path.hasSuffix("tenants"), "\(path)")
            }
            for (path, mark, count) in [
                ("/api/admin/queues/inbound/jobs?limit=90", #"{"id":"job-"#, 250),
                ("/api/admin/queues/inbound/jobs?place=dead&error=common&limit=90", #"{"id":"job-"#, 249),
                ("/api/admin/lanes?limit=90", #"{"phone_number_id":"9"#, 250),
                ("/api/admin/unrouted?limit=90", #"{"phone_number_id":"7"#, 130),
            ] {
                var (next, seen) = ("", 0)
                repeat {
                    let page = try await console.call("GET", path + next, key: ConsoleHarness.operatorKey)
                    #expect(page.status == 200, "\(page.text)")
                    seen += page.text.components(separatedBy: mark).count - 1
                    let cursor = page.text.components(separatedBy: #""next":""#).dropFirst().first?.prefix {
                        $0 != "\""
                    }
                    next = cursor.map { "&after=\($0)" } ?? ""
                } while !next.isEmpty && seen < 1_000
                #expect(seen == count, "\(path)")
                #expect(try await console.call("GET", path, key: console.first.key).status == 403)
            }
            let overview = try await console.call("GET", "/api/admin/queues", key: ConsoleHarness.operatorKey).text
            #expect(overview.components(separatedBy: #"{"phone_number_id":"9"#).count == 101)
            #expect(overview.contains(#""lanes_total":250"#))
            for path in ["inbound/jobs?place=nowhere", "inbound/jobs?after=x", "inbound/jobs?limit=0"] {
                let refused = try await console.call(
                    "GET", "/api/admin/queues/\(path)", key: ConsoleHarness.operatorKey)
                #expect(refused.status == 400, "\(path)")
            }
            // A job is looked for where it was seen, and found if it is elsewhere by now.
            for place in ["ready&after=200", "dead", "claimed&after=5", "scheduled"] {
                let job = try await browser.get("/app/queues/inbound/jobs/job-250?place=\(place)")
                #expect(job.status == 200 && job.text.contains("rare: It does not parse."), "\(place)")
            }
            #expect(try await browser.get("/app/queues/inbound/jobs?after=x").status == 400)
            let queues = try await browser.get("/app/queues").text
            #expect(queues.contains("All 250 lanes") && queues.contains("<strong>249</strong> × <code>common</code>"))
        }
    }

    @Test("end a hold that Meta asked for with the button that ends a pause", arguments: [false, true])
    func heldLane(isPaused: Bool) async throws {
        try await ConsoleHarness.run { console in
            let keys = QueueKeys(prefix: console.prefix, queue: .outbound)
            let lanes = OutboundLanes(keys: keys, client: console.redis)
            let number = console.first.number
            _ = try await console.redis.send(RedisCommand("LPUSH", .text(keys.lane(of: number)), "{}"))
            _ = try await console.redis.send(RedisCommand("ZADD", .text(keys.lanes), "0", .text(number)))
            try await lanes.hold(number: number, milliseconds: 7_200_000)
            let browser = PageTests.Browser(console)
            _ = try await browser.signIn(ConsoleHarness.operatorKey)
            let path = "/app/queues/lanes"
            if isPaused { _ = try await browser.post("\(path)/\(number)/pause", [("reason", "a drill")], from: path) }
            for page in ["/app/queues", path] {
                let html = try await browser.get(page).text
                #expect(html.contains("Held by Meta for"))
                #expect(html.contains(#"aria-label="Resume \#(number)""#))
                #expect(html.contains(#"aria-label="Pause \#(number)""#) == !isPaused)
            }
            let done = try await browser.post("\(path)/\(number)/resume", [("from", "lanes")], from: path)
            #expect(done.status == 303)
            let report = try #require(try await lanes.list().first)
            #expect(report.heldUntil == nil && report.pause == nil && report.waiting == 1)
            let html = try await browser.get(path).text
            #expect(html.contains("Running") && !html.contains(#"aria-label="Resume \#(number)""#))
        }
    }

    /// Where the link leads to that ends like this.
    private static func link(_ html: String, _ end: String) -> String? {
        html.components(separatedBy: end).dropLast().first?.components(separatedBy: #"href=""#).last?
            .replacing("&amp;", with: "&")
    }
}
