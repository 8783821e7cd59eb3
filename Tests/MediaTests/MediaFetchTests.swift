import GraphSimulator
import JobEngine
import JobLifecycle
import TestSupport
import Testing

@testable import Media

/// One attempt after the other at a file, whatever Meta's side does.
@Suite struct MediaFetchTests {
    static let photo = SimulatedFile(SamplePhoto.png(), phoneNumberID: "100")

    @Test("a photo is fetched, checked, stored once, and told of in the feed")
    func photo() async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            #expect(try await media.row(message) == "pending||0")
            #expect(try await media.work(message) == .completed)
            #expect(try await media.row(message) == "stored||1")
            #expect(try await media.stored(message) == Self.photo.bytes)
            #expect(
                try await media.sql(
                    "select size || ' ' || mime_type || ' ' || encode(sha256, 'base64') from whatsapp_media")
                    == "\(Self.photo.bytes.count) image/png \(Self.photo.sha256)")
            #expect(
                try await media.sql("select message_ids[1] from whatsapp_feed where kind = 'media'") == message)
            // A second turn finds nothing to do.
            #expect(try await media.work(message) == .completed)
            #expect(media.simulator.downloads(ofFile: Self.photo.id) == 1)
            #expect(try media.begun.isEmpty)
            let lookUp = media.simulator.requests.first { $0.path.hasSuffix(Self.photo.id) }
            #expect(lookUp?.query == "phone_number_id=100")
            #expect(media.simulator.requests.allSatisfy { $0.bearerToken == MediaHarness.token })
        }
    }

    @Test("a message that comes again brings no second file, and one without a file none")
    func noSecond() async throws {
        try await MediaHarness.run { media in
            let webhook = Webhook(
                .file(Self.photo, caption: nil), from: MediaHarness.customer, to: MediaHarness.number,
                timestamp: 1_800_000_000)
            try await media.store(webhook)
            try await media.store(webhook)
            try await media.store(
                Webhook(.text("hi"), from: MediaHarness.customer, to: MediaHarness.number, timestamp: 1_800_000_000))
            #expect(try await media.sql("select count(*) from whatsapp_media") == "1")
        }
    }

    @Test(
        "a fault that passes costs an attempt, is said, and the file comes with the next one",
        arguments: [
            (MediaFault.wrongBytes, "wrong-hash"), (.cut(afterBytes: 1_000), "broken"), (.addressGone, "gone"),
            (.gone, "gone"), (.refused(GraphError(code: 131_000)), "refused"),
        ])
    func passing(fault: MediaFault, code: String) async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            media.simulator.strike(fault, file: Self.photo.id)
            let outcome = try await media.work(message)
            guard case .deferred = outcome else {
                Issue.record("it ended as \(outcome)")
                return
            }
            #expect(try await media.row(message) == "pending|\(code)|1")
            #expect(try await media.stored(message) == nil)
            #expect(try media.begun.isEmpty)
            #expect(try await media.work(message) == .completed)
            #expect(try await media.row(message) == "stored||2")
            #expect(try await media.stored(message) == Self.photo.bytes)
        }
    }

    @Test("a file with a wrong hash is refused three times, then given up, and its row says why")
    func wrongHash() async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            media.simulator.strike(.wrongBytes, file: Self.photo.id, times: 10)
            for _ in 0..<2 { _ = try await media.work(message) }
            #expect(try await media.work(message) == .rejected)
            #expect(try await media.row(message) == "failed|wrong-hash|3")
            #expect(try await media.sql("select reason from whatsapp_media").contains("SHA-256"))
            #expect(try await media.stored(message) == nil)
            #expect(try await media.sql("select count(*) from whatsapp_feed where kind = 'media'") == "0")
            // Asked for by an operator it is tried once more.
            media.simulator.mend(file: Self.photo.id)
            #expect(try await media.work(message) == .completed)
            #expect(try await media.row(message) == "stored||4")
        }
    }

    @Test("the hash of the webhook counts, too")
    func webhookHash() async throws {
        try await MediaHarness.run { media in
            var other = Self.photo
            other.bytes = SamplePhoto.png(shade: 80)
            let message = try await media.receive(other, announced: Self.photo)
            _ = try await media.work(message)
            #expect(try await media.row(message) == "pending|wrong-hash|1")
        }
    }

    @Test("the access token goes along no redirect, and to no host but Meta's")
    func elsewhere() async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            media.simulator.strike(.redirect(to: media.foreign.url + "/media/x"), file: Self.photo.id)
            _ = try await media.work(message)
            #expect(try await media.row(message) == "pending|redirected|1")
            for url in [
                media.foreign.url + "/media/x",
                "http://127.0.0.1:\(media.simulator.port)@127.0.0.1:\(media.foreign.port)/x",
                "ftp://127.0.0.1/x", "//127.0.0.1/x",
            ] {
                media.simulator.strike(.elsewhere(url: url), file: Self.photo.id)
                let next = try await media.receive(Self.photo)
                _ = try await media.work(next)
                #expect(try await media.row(next) == "pending|foreign-host|1", "\(url)")
            }
            #expect(media.foreign.requests.isEmpty)
            #expect(media.foreign.connectionsSoFar == 0)
        }
    }

    @Test("a file that is too large is given up before it is fetched, or as soon as that shows")
    func tooLarge() async throws {
        try await MediaHarness.run { media in
            let large = SimulatedFile(
                [UInt8](repeating: 7, count: 500 * 1_024 + 1), mimeType: "image/webp", phoneNumberID: "100")
            let first = try await media.receive(large)
            #expect(try await media.work(first) == .rejected)
            #expect(try await media.row(first) == "failed|too-large|1")
            #expect(media.simulator.downloads(ofFile: large.id) == 0)
            let small = SimulatedFile([1, 2, 3], mimeType: "image/webp", phoneNumberID: "100")
            let second = try await media.receive(small)
            media.simulator.strike(.endless(bytes: 2 * 1_024 * 1_024), file: small.id)
            #expect(try await media.work(second) == .rejected)
            #expect(try await media.row(second) == "failed|too-large|1")
            #expect(try media.begun.isEmpty)
        }
    }

    @Test("a file of a type that its message cannot bring is not asked for")
    func wrongType() async throws {
        try await MediaHarness.run { media in
            let page = SimulatedFile(Array("<script>".utf8), mimeType: "image/svg+xml", phoneNumberID: "100")
            let message = try await media.receive(page)
            #expect(try await media.work(message) == .rejected)
            #expect(try await media.row(message) == "failed|wrong-type|1")
            #expect(media.simulator.lookUps(ofFile: page.id) == 0)
        }
    }

    @Test("a download that stops coming is given up at its deadline")
    func stall() async throws {
        try await MediaHarness.run(deadline: .milliseconds(300)) { media in
            let message = try await media.receive(Self.photo)
            media.simulator.strike(.stall(afterBytes: 1_000), file: Self.photo.id)
            _ = try await media.work(message)
            #expect(try await media.row(message) == "pending|broken|1")
            #expect(try media.begun.isEmpty)
        }
    }

    @Test("a rejected token pauses the number and costs no attempt; the file comes once it goes on")
    func token() async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            media.simulator.strike(.refused(GraphError(code: 190)), file: Self.photo.id)
            #expect(try await media.work(message) == .completed)
            #expect(try await media.row(message) == "pending|paused|0")
            #expect(try await media.sql("select status from whatsapp_configs") == "paused")
            #expect(try await media.work(message) == .completed)
            #expect(media.simulator.lookUps(ofFile: Self.photo.id) == 1)
            await media.sweeper.sweep()
            #expect(try await media.ready() == 0)
            _ = try await media.sql("update whatsapp_configs set status = 'active'")
            await media.sweeper.sweep()
            #expect(try await media.ready() == 1)
            #expect(try await media.work(message) == .completed)
            #expect(try await media.row(message) == "stored||1")
        }
    }

    @Test("a throttle costs no attempt, and its Retry-After is honoured")
    func throttle() async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            let error = GraphError(code: 80_007, headers: [("Retry-After", "120")])
            media.simulator.strike(.refused(error), file: Self.photo.id)
            _ = try await media.work(message)
            #expect(try await media.row(message) == "pending|refused|0")
            #expect(
                try await media.sql(
                    "select due_at between now() + interval '110 seconds' and now() + interval '121 seconds' "
                        + "from whatsapp_media") == "t")
        }
    }

    @Test("attempts end, and then the row says why")
    func end() async throws {
        try await MediaHarness.run(attempts: 2) { media in
            let message = try await media.receive(Self.photo)
            media.simulator.strike(.cut(afterBytes: 10), file: Self.photo.id, times: 5)
            _ = try await media.work(message)
            #expect(try await media.work(message) == .rejected)
            #expect(try await media.row(message) == "failed|broken|2")
        }
    }

    @Test("a file that is seven days old is not asked for any more")
    func expired() async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            _ = try await media.sql("update whatsapp_media set expires_at = now() - interval '1 second'")
            #expect(try await media.work(message) == .rejected)
            #expect(try await media.row(message) == "failed|expired|1")
            #expect(media.simulator.lookUps(ofFile: Self.photo.id) == 0)
        }
    }

    @Test("two turns at once fetch one file once; a job that comes again takes up its own")
    func twoTurns() async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            media.simulator.strike(.stall(afterBytes: 1_000), file: Self.photo.id)
            let first = Task { try await media.work(message, job: "01JD0000000000000000000001") }
            try await waitUntil("the download to begin") { media.simulator.downloads(ofFile: Self.photo.id) == 1 }
            #expect(try await media.work(message) == .completed)
            #expect(media.simulator.lookUps(ofFile: Self.photo.id) == 1)
            // Its worker dies; another one gets the same job.
            first.cancel()
            await #expect(throws: CancellationError.self) { try await first.value }
            #expect(try await media.work(message, job: "01JD0000000000000000000001") == .completed)
            #expect(try await media.row(message) == "stored||1")
            #expect(try media.begun.isEmpty)
        }
    }

    @Test("a folder that cannot be written costs no attempt, and is said")
    func folder() async throws {
        try await MediaHarness.run { media in
            let message = try await media.receive(Self.photo)
            try media.folder.write("not a folder", to: "files")
            _ = try await media.work(message)
            #expect(try await media.row(message) == "pending|storage|0")
            #expect(try await media.sql("select reason from whatsapp_media").contains("folder"))
        }
    }
}
