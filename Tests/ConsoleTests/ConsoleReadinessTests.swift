import Console
import OperationsKit
import Testing

@Suite("The console's readiness", .timeLimit(.minutes(1))) struct ConsoleReadinessTests {
    @Test("whoever waits until it is ready finds it listening")
    func listening() async throws {
        try await ConsoleHarness.run { harness in
            #expect(harness.console.readiness == .ready)
            let other = ConsoleServer(services: harness.services, port: 0)
            #expect(other.readiness == .notReady("the console does not listen yet"))
        }
    }
}
