import ArgumentParser
import Glibc

/// `make run`: starts everything on this machine, plays one conversation through it and shows what came of it.
@main
struct StageMain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Stage",
        abstract: "Starts Redis, Postgres, two Ingress and a Worker under .run/ and plays one conversation through.")

    @Flag(help: "Check what was played, print it, stop; exit 1 if anything was missing.")
    var once = false

    func run() async throws {
        let interruption = await Interruption()
        let performance = Performance(once: once)
        var code: Int32 = 0
        do {
            if try await interruption.endsFirst(performance.run) {
                Terminal.show("\nStopping …")
                if once { code = 130 }
            }
        } catch {
            Terminal.complain("\(error)")
            code = 1
        }
        // From here on another Ctrl-C ends everything at once.
        interruption.nextOneExits()
        await performance.end()
        throw ExitCode(code)
    }
}
