import GraphSimulator
import TestSupport
import Testing

/// A customer's photo on its way through the real processes, also when they are killed in the middle.
@Suite struct MediaPathTests {
    private static let customer = Customer(name: "Ana Diaz", waID: "16505551234")

    @Test("a photo that a customer sends is fetched and served to its tenant, and to nobody else")
    func photo() async throws {
        let port = try freePort()
        try await SendPath.run(tenants: 2, environment: ["CONSOLE_PORT": String(port)]) { path in
            try await path.startIntake()
            _ = try await path.deployment.startWorker()
            let photo = SimulatedFile(SamplePhoto.png(), phoneNumberID: path.tenants[0].number.phoneNumberID)
            path.simulator.send(photo, caption: "The old one", as: Self.customer)
            let message = try await path.message(of: photo, inState: "stored")
            func get(_ id: String, _ tenant: Int, _ more: [(String, String)] = []) async throws -> HTTPReply {
                try await LoopbackHTTP.send(
                    "GET", port: port, "/api/whatsapp/media/\(id)",
                    headers: [("Authorization", "Bearer \(path.tenants[tenant].apiKey)")] + more)
            }
            for id in [message, photo.id] {
                let served = try await get(id, 0)
                #expect(served.status == 200)
                #expect(served.body == photo.bytes)
                #expect(served.header("Content-Type") == "image/png")
                #expect(served.header("X-Content-Type-Options") == "nosniff")
                #expect(served.header("Content-Disposition")?.hasPrefix("inline") == true)
                #expect(served.header("Content-Security-Policy")?.hasPrefix("sandbox") == true)
                let again = try await get(id, 0, [("If-None-Match", served.header("ETag") ?? "")])
                #expect(again.status == 304)
                #expect(try await get(id, 1).status == 404)
            }
            let events = try await LoopbackHTTP.send(
                "GET", port: port, "/api/whatsapp/events?after=0",
                headers: [("Authorization", "Bearer \(path.tenants[0].apiKey)")])
            #expect(events.text.contains("media.stored"), "\(events.text)")
            // Nothing of it is left to do.
            let depths = try await path.deployment.depths("media")
            #expect(depths.isEmpty, "\(depths)")
        }
    }

    @Test("a Worker killed in the middle of a download: another one fetches the file, and it is stored once")
    func killed() async throws {
        try await SendPath.run { path in
            try await path.startIntake()
            let first = try await path.deployment.startWorker()
            let photo = SimulatedFile(SamplePhoto.png(), phoneNumberID: path.tenants[0].number.phoneNumberID)
            path.simulator.keep(photo)
            path.simulator.strike(.stall(afterBytes: 100_000), file: photo.id)
            path.simulator.send(photo, as: Self.customer)
            try await waitUntil("the download to be in the middle", within: .seconds(30)) {
                path.simulator.downloads(ofFile: photo.id) == 1
            }
            try await first.kill()
            _ = try await path.deployment.startWorker()
            _ = try await path.message(of: photo, inState: "stored")
            #expect(path.simulator.downloads(ofFile: photo.id) == 2)
            #expect(
                try await path.deployment.sql("select count(*) from whatsapp_feed where kind = 'media'") == "1")
            #expect(try await path.deployment.sql("select attempts from whatsapp_media") == "1")
        }
    }

    @Test("an erased customer's photo is gone from the folder; one with a wrong hash never was there")
    func erased() async throws {
        try await SendPath.run { path in
            try await path.startIntake()
            _ = try await path.deployment.startWorker()
            let number = path.tenants[0].number.phoneNumberID
            let photo = SimulatedFile(SamplePhoto.png(), phoneNumberID: number)
            let other = SimulatedFile(SamplePhoto.png(shade: 50), phoneNumberID: number)
            path.simulator.keep(other)
            path.simulator.strike(.wrongBytes, file: other.id, times: 100)
            path.simulator.send(photo, as: Self.customer)
            path.simulator.send(other, as: Self.customer)
            _ = try await path.message(of: photo, inState: "stored")
            try await waitUntil("the wrong file to be refused", within: .seconds(60)) {
                try await path.deployment.sql("select state from whatsapp_media where media_id = '\(other.id)'")
                    == "failed"
            }
            #expect(try path.files.count == 1)
            let refused = try await path.message(of: other, inState: "failed")
            let story = try await path.deployment.command.output("explain", refused)
            #expect(story.contains("Its file: given up after 3 attempts."), "\(story)")
            #expect(story.contains("SHA-256"), "\(story)")
            let kept = try await path.deployment.command.output(
                "explain", try await path.message(of: photo, inState: "stored"))
            #expect(kept.contains("Its file: stored, \(photo.bytes.count) bytes."), "\(kept)")
            let dead = try await path.deployment.depths("media").dead
            #expect(dead == 1)
            try await path.deployment.command.output(
                "customer", "erase", "--tenant", path.tenants[0].id, "--phone", "+16505551234", "--yes")
            try await waitUntil("the photo to be gone", within: .seconds(30)) { try path.files.isEmpty }
        }
    }
}

extension SendPath {
    /// The message that brought a file, once the file is in that state.
    fileprivate func message(of file: SimulatedFile, inState state: String) async throws -> String {
        try await waitFor("the file to be \(state)", within: .seconds(60)) {
            let id = try await deployment.sql(
                "select message_id from whatsapp_media where media_id = '\(file.id)' and state = '\(state)'")
            return id.isEmpty ? nil : id
        }
    }

    /// Every file in the Workers' folder.
    fileprivate var files: [String] {
        get throws { try TemporaryFolder.files(below: deployment.media) }
    }
}
