import GraphSimulator
import TestSupport
import Testing

/// A signed webhook in, a stored conversation out, with the real processes.
@Suite struct MainPathTests {
    @Test("forty posts of one webhook at once over two Ingress are one message")
    func once() async throws {
        try await MainPath.run { path in
            let first = try await path.deployment.startIngress()
            let second = try await path.deployment.startIngress()
            _ = try await path.deployment.startWorker()
            let body = path.text("wamid.once")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<40 {
                    group.addTask {
                        try await path.postUntilTaken(body, to: index.isMultiple(of: 2) ? first : second)
                    }
                }
                try await group.waitForAll()
            }
            try await path.waitForMessages(1)
            try await path.waitForEmptyQueue()
            #expect(
                try await path.deployment.sql("select count(*), min(text) from whatsapp_messages") == "1|hello")
            #expect(try await path.deployment.depths().dead == 0)
        }
    }

    @Test(
        "an element waits as documented, its payload byte for byte the body",
        arguments: [
            #"{ "object" : "whatsapp_business_account" ,"entry":[ ] }"#, #"{"emoji":"😀 \ud83d\ude00","lone":"\ud83d"}"#,
            "{\"escapes\":\"\\u00e4 \\/ \\u0000\",\"n\":1.0e+2}\n", "not json at all",
        ])
    func envelope(body: String) async throws {
        try await MainPath.run(tenant: false) { path in
            let ingress = try await path.deployment.startIngress()
            let bytes = Array(body.utf8)
            try await path.postUntilTaken(bytes, to: ingress)
            let element = try await path.deployment.redis.cli("lindex", "wa:{inbound}:ready", "0")
            #expect(element.hasPrefix(#"{"v":1,"id":"0"#))
            let parts = element.split(separator: #","payload":"#, maxSplits: 1)
            try #require(parts.count == 2)
            let header = String(parts[0])
            #expect(header.contains(#""type":"webhook","received_at":"#))
            #expect(header.hasSuffix(#""attempt":0,"crashes":0,"sig":"\#(path.player.signature(of: bytes))""#))
            #expect(parts[1].dropLast() == body)
        }
    }

    @Test(
        "what cannot be handled is buried with its reason, and holds back nothing",
        arguments: [
            ("not json", "not-json"), (#"{"object":"page","entry":[]}"#, "not-whatsapp"),
            (#"{"object":"whatsapp_business_account"}"#, "no-entries"),
        ])
    func buried(body: String, code: String) async throws {
        try await MainPath.run { path in
            let ingress = try await path.deployment.startIngress()
            try await path.postUntilTaken(body, to: ingress)
            try await path.postUntilTaken(path.text("wamid.after"), to: ingress)
            _ = try await path.deployment.startWorker()
            try await path.waitForMessages(1)
            try await path.waitForEmptyQueue()
            let dead = try await path.deployment.redis.cli("zrange", "wa:{inbound}:dead", "0", "-1")
            #expect(dead.contains(#""error":{"code":"\#(code)""#))
            #expect(dead.contains(body))
        }
    }

    @Test("a message for an unknown number is kept, and in its conversation once a tenant has the number")
    func unrouted() async throws {
        try await MainPath.run(tenant: false) { path in
            let ingress = try await path.deployment.startIngress()
            _ = try await path.deployment.startWorker()
            try await path.postUntilTaken(path.text("wamid.early"), to: ingress)
            try await waitUntil("the message is kept", within: .seconds(30)) {
                try await path.deployment.sql("select count(*) from whatsapp_unrouted") == "1"
            }
            try await path.createTenant()
            try await path.waitForMessages(1)
            #expect(try await path.deployment.sql("select count(*) from whatsapp_unrouted") == "0")
            #expect(try await path.deployment.sql("select customer_name from whatsapp_conversations") == "Ana Diaz")
        }
    }

    @Test("a number that is taken is refused by name with exit code 1")
    func takenNumber() async throws {
        try await MainPath.run { path in
            let finished = try await path.deployment.command.run(
                ["tenant", "create", "Other", "--phone-number-id", path.number.phoneNumberID, "--access-token-stdin"],
                input: "token-of-other")
            #expect(finished.status == .exited(1))
            #expect(finished.standardError.contains(path.number.phoneNumberID))
            #expect(!finished.standardError.contains("token-of-other"))
        }
    }

    @Test(
        "what an operator got wrong stops Ingress with one line that names the variable",
        arguments: [
            ("WHATSAPP_APP_SECRET", "  "), ("REDIS_URL", "http://nowhere"), ("INGRESS_PORT", "http"),
            ("INGRESS_PORT", "70000"), ("WHATSAPP_VERIFY_TOKEN", ""),
        ])
    func badSettings(variable: String, value: String) async throws {
        var environment = [
            "WHATSAPP_APP_SECRET": "a-secret", "WHATSAPP_VERIFY_TOKEN": "a-token", "INGRESS_PORT": "0",
            "INGRESS_OPS_PORT": "",
        ]
        environment[variable] = value
        let finished = try await ManagedProcess.run(
            try builtBinary(named: "ingress"), [], environment: environment, within: .seconds(30))
        #expect(!finished.succeeded)
        let lines = finished.standardError.split(separator: "\n")
        #expect(lines.count == 1)
        #expect(lines.first?.contains(variable) == true)
        #expect(!finished.standardError.contains("a-secret"))
    }
}
