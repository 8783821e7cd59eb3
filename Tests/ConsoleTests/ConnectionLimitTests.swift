import Console
import NIOCore
import TestSupport
import Testing

@Suite("The console's connections")
struct ConnectionLimitTests {
    @Test(
        "end when a request does not arrive, however steadily bytes of it come",
        arguments: [
            "POST /app/sign-in HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n",
            "POST /app/sign-in HTTP/1.1\r\nHost: x\r\nX-Slow: ",
        ])
    func trickle(head: String) async throws {
        try await ConsoleHarness.run {
            $0.connectionLimits.arrival = .seconds(2)
        } _: { console in
            let slow = try await LoopbackConnection.connect(port: console.console.boundPort ?? 0)
            try await slow.send(head)
            try await waitUntil("the slow connection to end", within: .seconds(30), poll: .milliseconds(50)) {
                if slow.isEnded { return true }
                // What is sent to a closed connection fails: that it ended is seen by the next look.
                try? await slow.send("x")
                return slow.isEnded
            }
            let prompt = try await console.call("GET", "/app/sign-in")
            #expect(prompt.status == 200)
        }
    }

    @Test("stay open between requests for longer than one may take to arrive")
    func keptAlive() async throws {
        try await ConsoleHarness.run {
            $0.connectionLimits.arrival = .seconds(2)
        } _: { console in
            let connection = try await LoopbackConnection.connect(port: console.console.boundPort ?? 0)
            #expect(try await connection.request("GET", "/app/sign-in").status == 200)
            let idle = ContinuousClock.now
            try await waitUntil("twice that to pass", within: .seconds(30)) { idle.duration(to: .now) > .seconds(4) }
            #expect(try await connection.request("GET", "/app/sign-in").status == 200)
            await connection.close()
        }
    }

    @Test("of one address are a few, and those beyond are told so; what was closed makes room")
    func perAddress() async throws {
        try await ConsoleHarness.run {
            $0.connectionLimits.perAddress = 2
        } _: { console in
            let port = console.console.boundPort ?? 0
            var held: [LoopbackConnection] = []
            for _ in 0..<2 {
                let connection = try await LoopbackConnection.connect(port: port)
                #expect(try await connection.request("GET", "/app/sign-in").status == 200)
                held.append(connection)
            }
            let refused = try await LoopbackConnection.connect(port: port).readReply()
            #expect(refused.status == 503)
            #expect(refused.header("Retry-After") != nil)
            for connection in held { await connection.close() }
            try await waitUntil("room for others") {
                try await console.call("GET", "/app/sign-in").status == 200
            }
        }
    }

    @Test("of a trusted proxy are as many as there are in all, and those beyond are told so")
    func proxies() async throws {
        try await ConsoleHarness.run { configuration in
            configuration.trustedProxies = TrustedProxies("127.0.0.1") ?? TrustedProxies()
            configuration.connectionLimits.perAddress = 1
            configuration.connectionLimits.connections = 3
        } _: { console in
            let port = console.console.boundPort ?? 0
            var held: [LoopbackConnection] = []
            for _ in 0..<3 {
                let connection = try await LoopbackConnection.connect(port: port)
                #expect(try await connection.request("GET", "/app/sign-in").status == 200)
                held.append(connection)
            }
            #expect(try await LoopbackConnection.connect(port: port).readReply().status == 503)
            for connection in held { await connection.close() }
        }
    }
}
