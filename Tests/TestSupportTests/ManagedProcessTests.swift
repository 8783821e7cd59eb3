import Glibc
import TestSupport
import Testing

@Suite("Managed processes", .timeLimit(.minutes(2)))
struct ManagedProcessTests {
    @Test("A program's output, error output and exit code are kept apart")
    func keepsOutputs() async throws {
        let finished = try await ManagedProcess.run("/bin/sh", ["-c", "echo out; echo err >&2; exit 3"])
        #expect(finished.status == .exited(3))
        #expect(finished.standardOutput == "out\n")
        #expect(finished.standardError == "err\n")
    }

    @Test("A program reads what it is given on its standard input, and sees only the environment it is given")
    func inputAndEnvironment() async throws {
        let finished = try await ManagedProcess.run(
            "/bin/sh", ["-c", "cat; echo \"$GREETING$HOME\""], environment: ["GREETING": "hello"],
            input: Array("secret\n".utf8))
        #expect(finished.standardOutput == "secret\nhello\n")
    }

    @Test("Many programs at once are all waited for, whatever order they end in")
    func manyAtOnce() async throws {
        let codes = try await withThrowingTaskGroup(of: Int32?.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let finished = try await ManagedProcess.run(
                        "/bin/sh", ["-c", "sleep 0.0\((number * 7) % 10); exit \(number)"])
                    guard case .exited(let code) = finished.status else { return nil }
                    return code
                }
            }
            return try await group.reduce(into: Set<Int32?>()) { $0.insert($1) }
        }
        #expect(codes == Set((0..<40).map { Int32($0) }))
    }

    @Test("A program that does not end in time is killed, and the error shows its output")
    func killsAtDeadline() async throws {
        let process = try ManagedProcess("/bin/sh", ["-c", "trap '' TERM; echo before; sleep 60"], name: "stubborn")
        try await process.waitForOutput(containing: "before")
        let error = try await #require(throws: TestSupportError.self) {
            try await process.stop(within: .milliseconds(200))
        }
        #expect(error.description.contains("stubborn"))
        #expect(error.description.contains("before"))
        #expect(process.exitStatus == .signalled(SIGKILL))
    }

    @Test("Children of a program go with it")
    func endsGroup() async throws {
        var process: ManagedProcess? = try ManagedProcess("/bin/sh", ["-c", "sleep 60 & echo $!; wait"])
        let child = try await waitFor("the child's pid") { Int32(process?.standardOutput.dropLast() ?? "") }
        #expect(kill(child, 0) == 0)
        process = nil
        try await waitUntil("the child to be gone") { kill(child, 0) != 0 || isZombie(child) }
    }

    @Test("A suspended program stands still until it is resumed")
    func suspends() async throws {
        let process = try ManagedProcess("/bin/sh", ["-c", "while :; do :; done"], name: "busy")
        try await waitUntil("the program to run") { (process.processorTime ?? .zero) > .zero }
        process.suspend()
        try await waitUntil("the program to stand still") { ProcessTree.state(of: process.pid) == "T" }
        process.resume()
        try await waitUntil("the program to run on") { ProcessTree.state(of: process.pid) != "T" }
        #expect((process.residentBytes ?? 0) > 100_000)
        try await process.kill()
        #expect(process.exitStatus == .signalled(SIGKILL))
        #expect(process.residentBytes == nil)
    }

    @Test("A missing program is an error that says so")
    func missingProgram() throws {
        let error = #expect(throws: TestSupportError.self) {
            try ExecutableLookup.find("no-such-program", package: "no-such-package")
        }
        #expect(error?.description.contains("install the Debian package no-such-package") == true)
    }

    private func isZombie(_ pid: Int32) -> Bool { ProcessTree.state(of: pid) == "Z" }
}
