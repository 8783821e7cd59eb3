import ArgumentParser
import ChaosRun
import Foundation
import Glibc
import TestSupport

/// `make chaos`: kills, stops and cuts everything for some minutes, then shows that nothing was lost or doubled.
@main
struct ChaosMain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Chaos",
        abstract: "Runs the whole system under load and faults, and compares what was accepted with what was stored.")

    @Option(help: "How long faults happen.")
    var minutes = 5.0

    @Option(help: "Decides which faults happen when; a random one if left out.")
    var seed: UInt64?

    @Flag(help: "Only the fixed mix of the test suite; minutes and seed then mean nothing.")
    var short = false

    @Option(help: "Webhooks a second.")
    var rate = 150

    @Option(help: "A folder for the processes' logs, emptied first.")
    var logs: String?

    func validate() throws {
        guard minutes > 0, minutes <= 24 * 60 else { throw ValidationError("--minutes: expected more than 0") }
        guard (1...2_000).contains(rate) else { throw ValidationError("--rate: expected 1 to 2000 webhooks a second") }
    }

    func run() async throws {
        signal(SIGPIPE, SIG_IGN)
        // Every way out through exit ends all children, see the test support.
        let signals = [SIGINT, SIGTERM, SIGHUP].map { (number: Int32) -> any DispatchSourceSignal in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { Glibc.exit(130) }
            source.resume()
            return source
        }
        defer { for source in signals { source.cancel() } }
        let seed = seed ?? UInt64.random(in: 1...999_999)
        let plan = short ? .short : FaultPlan(seed: seed, length: .seconds(Int(minutes * 60)))
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(Int(plan.length.components.seconds) + 600)) {
            Self.show("The run did not end in time.")
            Glibc.exit(2)
        }
        var options = ChaosRun.Options(plan: plan)
        options.webhooksPerSecond = rate
        options.say = { Self.show($0) }
        if let logs { options.logs = try Self.emptied(logs) }
        let report: ChaosReport
        do {
            report = try await ChaosRun.run(options)
        } catch {
            Self.show("The run could not take place (seed \(seed)): \(error)")
            throw ExitCode(2)
        }
        Self.show(report.table)
        guard report.problems.isEmpty else {
            Self.show("\nFAILED. Again with the same faults: make chaos SEED=\(seed)")
            throw ExitCode(1)
        }
        Self.show("\nNothing lost, nothing doubled, nothing left without an owner.")
    }

    private static func emptied(_ folder: String) throws -> String {
        let path = folder.hasPrefix("/") ? folder : FileManager.default.currentDirectoryPath + "/" + folder
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private static func show(_ line: String) {
        try? FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
    }
}
