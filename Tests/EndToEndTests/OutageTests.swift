import GraphSimulator
import TestSupport
import Testing

/// What is killed, stopped or away costs nothing that was accepted.
@Suite struct OutageTests {
    @Test("the Worker killed three times in the middle of 20,000 webhooks stores each once", .timeLimit(.minutes(4)))
    func killedWorker() async throws {
        try await MainPath.run { path in
            let count = 20_000
            let ingress = try await path.deployment.startIngress()
            let port = try #require(ingress.port)
            let flood = WebhookFlood(player: path.player, ports: [port])
            _ = try await flood.post((0..<count).map { path.text("wamid.\($0)") })
            // Small batches, so that there is a middle to be killed in.
            let worker = try await path.deployment.startWorker(environment: ["INBOUND_BATCH": "100"], ready: false)
            for part in 1...3 {
                try await waitUntil("part \(part) is stored", within: .seconds(60), poll: .milliseconds(5)) {
                    try await path.messageCount() >= part * count / 10
                }
                #expect(try await path.messageCount() < count, "killed too late to be in the middle")
                try await worker.kill()
                try worker.start()
            }
            try await path.waitForMessages(count, within: .seconds(90))
            try await path.waitForEmptyQueue()
            #expect(
                try await path.deployment.sql("select count(*), count(distinct wamid) from whatsapp_messages")
                    == "\(count)|\(count)")
            #expect(try await path.deployment.depths().isEmpty)
            #expect(try await path.deployment.redis.cli("keys", "wa:{inbound}:claimed:*") == "")
        }
    }

    @Test("with Redis stopped a post is answered 503 at once, and both services heal by themselves")
    func redisStopped() async throws {
        try await MainPath.run { path in
            let ingress = try await path.deployment.startIngress()
            let worker = try await path.deployment.startWorker()
            try await path.deployment.redis.stop()
            let started = ContinuousClock.now
            let refused = try await path.post(path.text("wamid.1"), to: ingress)
            #expect(refused.status == 503)
            #expect(refused.header("Retry-After") != nil)
            #expect(started.duration(to: .now) < .seconds(5))
            try await waitUntil("both say that they are not ready", within: .seconds(30)) {
                let readiness = (try await ingress.readiness(), try await worker.readiness())
                return readiness == (503, 503)
            }
            try await path.deployment.redis.restart()
            try await waitUntil("a post is accepted again", within: .seconds(30)) {
                try await path.post(path.text("wamid.2"), to: ingress).status == 200
            }
            try await path.waitForMessages(1)
            try await ingress.waitUntilReady()
            try await worker.waitUntilReady()
        }
    }

    @Test("a Redis that hangs is answered for with 503 within its time")
    func redisHangs() async throws {
        try await MainPath.run { path in
            let ingress = try await path.deployment.startIngress()
            try path.deployment.redis.suspend()
            let started = ContinuousClock.now
            let refused = try await path.post(path.text("wamid.1"), to: ingress)
            #expect(refused.status == 503)
            // 600 ms, and what a busy machine adds.
            #expect(started.duration(to: .now) < .seconds(5))
            try path.deployment.redis.resume()
            try await waitUntil("a post is accepted again", within: .seconds(30)) {
                try await path.post(path.text("wamid.2"), to: ingress).status == 200
            }
        }
    }

    @Test("Postgres stopped while webhooks come in: nothing is lost, nothing is dead, no attempt is spent")
    func postgresStopped() async throws {
        try await MainPath.run { path in
            let ingress = try await path.deployment.startIngress()
            _ = try await path.deployment.startWorker()
            try await path.deployment.postgres.stop()
            for index in 0..<50 {
                try await path.postUntilTaken(path.text("wamid.\(index)"), to: ingress)
            }
            try await path.deployment.postgres.restart()
            try await path.waitForMessages(50)
            try await path.waitForEmptyQueue()
            #expect(try await path.messageCount() == 50)
            #expect(try await path.deployment.depths().isEmpty)
        }
    }

    @Test("without Redis and Postgres both processes start, live, are not ready, and stop when told")
    func nothingThere() async throws {
        try await MainPath.run(tenant: false) { path in
            try await path.deployment.redis.stop()
            try await path.deployment.postgres.stop()
            let ingress = try await path.deployment.startIngress(ready: false)
            let worker = try await path.deployment.startWorker(ready: false)
            for service in [ingress, worker] {
                try await waitUntil("\(service.name) answers", within: .seconds(30)) {
                    (try? await service.readiness()) == 503
                }
                #expect(try await LoopbackHTTP.get(port: service.opsPort, "/live").status == 200)
                #expect(try await service.stop(within: .seconds(20)) == .exited(0))
            }
            try await path.deployment.redis.restart()
            try await path.deployment.postgres.restart()
        }
    }

    @Test("an idle Worker is gone at once after SIGTERM")
    func idleStop() async throws {
        try await MainPath.run { path in
            let worker = try await path.deployment.startWorker()
            let started = ContinuousClock.now
            #expect(try await worker.stop(within: .seconds(20)) == .exited(0))
            // Its drain may take 25 s.
            #expect(started.duration(to: .now) < .seconds(10))
            #expect(try await path.deployment.redis.cli("zcard", "wa:{inbound}:workers") == "0")
        }
    }
}
