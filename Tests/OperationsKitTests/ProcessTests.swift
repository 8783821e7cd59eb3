import Glibc
import Logging
import ServiceLifecycle
import Testing

@testable import OperationsKit

/// What a process says and how it ends, seen from outside: each body runs in a process of its own.
@Suite(.timeLimit(.minutes(3))) struct ProcessTests {
    @Test func aSettingErrorIsOneLineAndExitCode78() async throws {
        let result = await #expect(processExitsWith: .exitCode(78), observing: [\.standardErrorContent]) {
            await runProcess {
                _ = try Settings(environment: [:]).requiredSecret("APP_SECRET", expected: "the app's secret")
            }
        }
        let expected =
            "APP_SECRET: is not set; expected the app's secret (or APP_SECRET_FILE, the path of a file that holds it)\n"
        #expect(errorOutput(result).hasSuffix(expected))
    }

    @Test func anyOtherErrorIsOneLineAndExitCode1() async throws {
        let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
            await runProcess { throw ServiceEnded(service: "two\nlines") }
        }
        #expect(errorOutput(result).hasSuffix("error: the service two\\nlines ended by itself\n"))
    }

    @Test func aTakenOpsPortStopsTheProcessWithOneErrorLine() async throws {
        let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
            await runProcess {
                bootstrapLogging(LogSettings(level: .warning, format: .text))
                let logger = Logger(label: "test")
                let registry = PrometheusRegistry()
                let first = OpsServer(
                    host: "127.0.0.1", port: 0, registry: registry, readiness: { .ready }, logger: logger)
                let running = Task { try await first.run() }
                let port = await first.boundPort
                let second = OpsServer(
                    host: "127.0.0.1", port: port, registry: registry, readiness: { .ready }, logger: logger)
                try await runServices([second], logger: logger, gracefulShutdownSeconds: 5)
                running.cancel()
            }
        }
        let lines = errorOutput(result).split(separator: "\n").filter { $0.contains("cannot listen") }
        #expect(lines.count == 1)
        #expect(lines.first?.contains("error=\"cannot listen on 127.0.0.1:") == true)
        #expect(lines.first?.contains("another process listens there already") == true)
    }

    @Test func sigtermIsAGracefulStopAndExitCode0() async {
        let result = await #expect(processExitsWith: .exitCode(0), observing: [\.standardErrorContent]) {
            await runProcess {
                bootstrapLogging(LogSettings(level: .info, format: .text))
                try await runServices(
                    [Worker(name: "first"), Worker(name: "last", signal: SIGTERM)], logger: Logger(label: "test"),
                    gracefulShutdownSeconds: 30)
            }
        }
        let messages = errorOutput(result).split(separator: "\n").compactMap { $0.split(separator: "test: ").last }
        #expect(messages == ["stopping limit.seconds=30", "finished name=last", "finished name=first", "stopped"])
    }

    /// At debug the group of services tells what it runs, in lines that are a library's, not ours.
    @Test func atDebugLevelNoServiceIsDumpedWithWhatItHolds() async {
        let result = await #expect(processExitsWith: .exitCode(0), observing: [\.standardErrorContent]) {
            await runProcess {
                bootstrapLogging(LogSettings(level: .trace, format: .text))
                try await runServices(
                    [
                        Wrapper(service: Worker(name: "held-by-a-service")),
                        Worker(name: "held-by-the-last", signal: SIGTERM),
                    ], logger: Logger(label: "test"), gracefulShutdownSeconds: 30)
            }
        }
        let lines = errorOutput(result).split(separator: "\n")
        #expect(lines.contains { $0.contains("Starting service") && $0.contains("Worker") })
        let told = lines.filter { !$0.contains(": finished ") }
        #expect(told.count > 5)
        for line in told { #expect(!line.contains("held-by") && !line.contains("Wrapper"), "\(line)") }
    }

    @Test func sigintIsAGracefulStopAndExitCode0() async {
        await #expect(processExitsWith: .exitCode(0)) {
            await runProcess {
                let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                try await runServices([Worker(name: "a", signal: SIGINT)], logger: logger, gracefulShutdownSeconds: 30)
            }
        }
    }

    @Test func aStopThatTakesTooLongIsCutOffAndExitCode1() async {
        let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
            await runProcess {
                bootstrapLogging(LogSettings(level: .error, format: .text))
                try await runServices([Stubborn()], logger: Logger(label: "test"), gracefulShutdownSeconds: 1)
            }
        }
        let end = "error=\"stopping took longer than 1 s: unfinished work was cancelled\"\n"
        #expect(errorOutput(result).hasSuffix(end))
    }

    @Test func aServiceThatFailsStopsTheOthersGracefully() async {
        let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
            await runProcess {
                bootstrapLogging(LogSettings(level: .info, format: .text))
                try await runServices(
                    [Worker(name: "other"), Failing()], logger: Logger(label: "test"), gracefulShutdownSeconds: 30)
            }
        }
        let lines = errorOutput(result).split(separator: "\n")
        #expect(lines.contains { $0.hasSuffix("a service failed, the process stops service=Failing error=broken") })
        #expect(lines.contains { $0.hasSuffix("finished name=other") })
        #expect(lines.filter { $0.contains("broken") }.count == 1)
    }

    @Test func aServiceThatEndsByItselfIsAnError() async {
        let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
            await runProcess {
                bootstrapLogging(LogSettings(level: .error, format: .text))
                try await runServices(
                    [Worker(name: "other"), Ending()], logger: Logger(label: "test"), gracefulShutdownSeconds: 30)
            }
        }
        #expect(errorOutput(result).hasSuffix("service=Ending error=\"the service Ending ended by itself\"\n"))
    }

    @Test func whatNeitherStopsNorHeedsItsCancellationIsEnded() async {
        let result = await #expect(processExitsWith: .exitCode(1), observing: [\.standardErrorContent]) {
            await runProcess {
                bootstrapLogging(LogSettings(level: .error, format: .text))
                try await runServices([Deaf()], logger: Logger(label: "test"), gracefulShutdownSeconds: 0)
            }
        }
        #expect(errorOutput(result).hasSuffix("the services do not stop, the process ends\n"))
    }

    @Test func logsGoToStandardErrorAndASecondBootstrapDoesNothing() async throws {
        let result = await #expect(
            processExitsWith: .exitCode(0), observing: [\.standardErrorContent, \.standardOutputContent]
        ) {
            bootstrapLogging(LogSettings(level: .notice, format: .json))
            bootstrapLogging(LogSettings(level: .trace, format: .text))
            let logger = Logger(label: "test")
            logger.info("hidden")
            logger.notice("shown", metadata: ["phone": .sensitive("+16505551234")])
            exit(0)
        }
        let output = errorOutput(result)
        #expect(
            output.contains(#""level":"notice","logger":"test","message":"shown","metadata":{"phone":"<redacted>"}}"#))
        #expect(!output.contains("hidden"))
        #expect(!output.contains("6505551234"))
        let standardOutput = String(decoding: try #require(result).standardOutputContent, as: UTF8.self)
        #expect(!standardOutput.contains("shown"))
    }

    @Test func linesOfManyThreadsDoNotMix() async {
        let result = await #expect(processExitsWith: .exitCode(0), observing: [\.standardErrorContent]) {
            bootstrapLogging(LogSettings(level: .info, format: .text))
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        let logger = Logger(label: "test")
                        for _ in 0..<50 { logger.info("\(String(repeating: "x", count: 5000))") }
                    }
                }
            }
            exit(0)
        }
        let lines = errorOutput(result).split(separator: "\n").filter { $0.contains("xxx") }
        #expect(lines.count == 400)
        #expect(Set(lines.map { $0.utf8.count }).count == 1)
    }

    @Test func aReaderOfTheLogsThatGoesAwayDoesNotEndTheProcess() async {
        await #expect(processExitsWith: .exitCode(0)) {
            bootstrapLogging(LogSettings(level: .info, format: .text))
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0, dup2(ends[1], STDERR_FILENO) >= 0 else { exit(2) }
            close(ends[0])
            Logger(label: "test").info("into nothing")
            exit(0)
        }
    }

    private func errorOutput(_ result: ExitTest.Result?) -> String {
        String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }
}

/// Stops when asked, and says so; sends its process a signal first, where it is given one.
private struct Worker: Service {
    let name: String
    var signal: Int32?

    func run() async throws {
        if let signal { kill(getpid(), signal) }
        try await gracefulShutdown()
        Logger(label: "test").info("finished", metadata: ["name": "\(name)"])
    }
}

private struct Wrapper: ServiceWrapper {
    let service: any Service

    func run() async throws { try await service.run() }
}

private struct Failing: Service {
    struct Broken: Error, CustomStringConvertible {
        var description: String { "broken" }
    }

    func run() async throws {
        throw Broken()
    }
}

private struct Ending: Service {
    func run() async throws {}
}

/// Ends only when it is cancelled.
private struct Stubborn: Service {
    func run() async throws {
        kill(getpid(), SIGTERM)
        try await Task.sleep(for: .seconds(3600))
    }
}

/// Ends never.
private struct Deaf: Service {
    func run() async throws {
        kill(getpid(), SIGTERM)
        let (never, open) = AsyncStream.makeStream(of: Void.self)
        // Unstructured, so that no cancellation reaches it.
        await Task { for await _ in never {} }.value
        open.finish()
    }
}
