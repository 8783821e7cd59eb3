import WorkerApp

@main
struct WorkerMain {
    static func main() async {
        await WorkerCommand.runProcess()
    }
}
