import Foundation
import GraphSimulator
import TestSupport
import Testing

/// Every command of the runbook runs as printed, and what the alert rules name exists.
@Suite struct RunbookTests {
    @Test("each command of the runbook succeeds as printed, on a system with waiting, scheduled and dead jobs")
    func commands() async throws {
        let commands = try Self.document("docs/runbook.md").shellBlocks
        #expect(commands.count >= 20)
        try await MainPath.run { path in
            try await path.prepareForRunbook()
            let folder = try TemporaryFolder("runbook")
            try path.writeTools(into: folder.path)
            for command in commands {
                let finished = try await ManagedProcess.run(
                    "/bin/bash", ["-euo", "pipefail", "-c", command],
                    environment: path.deployment.command.environment.merging(
                        ["PATH": "\(folder.path):/usr/local/bin:/usr/bin:/bin"]) { $1 }, within: .seconds(60))
                #expect(finished.succeeded, "\(command)\n\(finished.standardOutput)\(finished.standardError)")
                if command.contains("worker explain Q-1001") { #expect(finished.standardOutput.contains("Next: ")) }
            }
            // What depends on something being there was not passed over.
            let done = try await path.deployment.sql("select distinct action from audit_log order by 1")
            for action in [
                "lane.pause", "lane.resume", "queue.archive", "queue.pause", "queue.replay", "queue.resume",
                "queue.retry", "send.cancel", "send.give_up", "send.resend",
            ] {
                #expect(done.split(separator: "\n").contains(Substring(action)), "\(action) was not done: \(done)")
            }
        }
    }

    @Test("every metric that an alert or a panel names is served, and every alert leads to a section of the runbook")
    func alerts() async throws {
        let rules = try Self.document("docker/prometheus/alerts.yml").text
        let anchors = Set(try Self.document("docs/runbook.md").anchors)
        let expressions = try Self.document("docker/grafana/quoteline.json").text + rules
        let named = Set(expressions.matches(of: /\b(?:quoteline|process)_[a-z_]+/).map { String($0.output) })
        let linked = rules.matches(of: /runbook: docs\/runbook\.md#([a-z-]+)/).map { String($0.output.1) }
        #expect(named.count >= 30)
        #expect(linked.count == rules.components(separatedBy: "- alert:").count - 1)
        for anchor in linked { #expect(anchors.contains(anchor), "no section \(anchor)") }
        try await MainPath.run(tenant: false) { path in
            let ingress = try await path.deployment.startIngress()
            let worker = try await path.deployment.startWorker()
            let served = try await ingress.metrics() + worker.metrics()
            let names = Set(
                served.split(separator: "\n").compactMap { line in line.split { $0 == "{" || $0 == " " }.first })
            for metric in named { #expect(names.contains(Substring(metric)), "\(metric) is not served") }
        }
    }

    @Test("the metrics that others build on are served under their names, from the start")
    func promisedMetrics() async throws {
        try await MainPath.run { path in
            let ingress = try await path.deployment.startIngress()
            let worker = try await path.deployment.startWorker()
            try await path.postUntilTaken(path.text("wamid.1"), to: ingress)
            try await path.waitForMessages(1)
            let served = try await ingress.metrics() + worker.metrics()
            for sample in [
                #"queue_depth{queue="inbound",state="ready"}"#, #"queue_bytes{queue="outbound"}"#,
                #"queue_oldest_age_seconds{queue="inbound"}"#, #"queue_dead{queue="inbound"}"#,
                #"jobs_total{queue="inbound",type="webhook",outcome="completed"}"#,
                #"jobs_total{queue="inbound",type="other",outcome="buried"}"#,
                #"job_duration_seconds_count{queue="inbound"}"#, "webhook_lag_seconds_count",
                #"ingress_requests_total{result="accepted"}"#, "ingress_request_duration_seconds_count",
                #"recovered_jobs_total{queue="inbound",outcome="put_back"}"#,
                #"stale_settles_total{queue="inbound"}"#, #"sends_total{class="accepted"}"#, "sends_unknown",
                "lanes_paused",
            ] {
                #expect(served.contains("\nquoteline_\(sample)"), "quoteline_\(sample) is not served")
            }
        }
    }

    /// A file of the project, found from this file's place.
    private static func document(_ path: String) throws -> Document {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
        return Document(text: try String(contentsOf: root.appending(path: path), encoding: .utf8))
    }
}

private struct Document {
    let text: String

    /// What stands between "```sh" and "```".
    var shellBlocks: [String] {
        text.components(separatedBy: "```sh\n").dropFirst().compactMap { $0.components(separatedBy: "```").first }
    }

    /// Of each heading, as a renderer makes it: lower case, spaces as dashes, nothing else than letters and digits.
    var anchors: [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("## ") }.map { heading in
            heading.dropFirst(3).lowercased().compactMap { character in
                switch character {
                case " ": "-"
                case "a"..."z", "0"..."9", "-": String(character)
                case _: nil
                }
            }.joined()
        }
    }
}

extension MainPath {
    /// Leaves a system as an operator might find it: jobs that wait, one that is scheduled, three that are dead, quotes that
    /// wait to be sent, and two of which nobody knows whether they went out.
    fileprivate func prepareForRunbook() async throws {
        let ingress = try await deployment.startIngress()
        let worker = try await deployment.startWorker()
        for body in ["not json", "neither is this", #"{"object":"page"}"#] {
            try await postUntilTaken(body, to: ingress)
        }
        try await postUntilTaken(text("wamid.known"), to: ingress)
        try await waitForMessages(1)
        try await waitForEmptyQueue()
        _ = try await deployment.command.output("queue", "pause", "inbound", "--reason", "the test prepares")
        try await waitUntil("the Worker sees the pause") {
            try await worker.metric("quoteline_queue_paused") == 1
        }
        try await postUntilTaken(text("wamid.waiting"), to: ingress)
        _ = try await deployment.command.output("queue", "pause", "outbound", "--reason", "the test prepares")
        let tenant = try await deployment.sql("select tenant_id from whatsapp_configs")
        for quote in ["Q-1001", "Q-1002", "Q-1003", "Q-1004"] {
            _ = try await deployment.command.output(
                "send", "--tenant", tenant, "--to", "+16505551234", "--quote-id", quote, "--url",
                "https://quotes.example.com/\(quote)")
        }
        _ = try await deployment.sql(
            """
            update whatsapp_messages set status = 'unknown', held = true, attempts = 1, state_since = now(),
                reason = 'The connection was cut.'
            where quote_id in ('Q-1003', 'Q-1004')
            """)
        let element =
            #"{"v":1,"id":"01JDSCHEDULED","type":"webhook","received_at":1,"attempt":1,"crashes":0,"payload":{}}"#
        _ = try await deployment.redis.cli("zadd", "wa:{inbound}:scheduled", "99999999999999", element)
    }

    /// The commands' names, bound to this system's servers.
    fileprivate func writeTools(into folder: String) throws {
        let tools = [
            "redis-cli": "exec /usr/bin/redis-cli -p \(deployment.redis.port) \"$@\"",
            "worker": "exec \(try builtBinary(named: "worker")) \"$@\"",
        ]
        for (name, line) in tools {
            let file = "\(folder)/\(name)"
            try "#!/bin/sh\n\(line)\n".write(toFile: file, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file)
        }
    }
}
