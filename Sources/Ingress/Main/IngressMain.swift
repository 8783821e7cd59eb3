import IngressApp
import OperationsKit

@main
struct IngressMain {
    static func main() async {
        await runProcess { try await IngressApplication.run(settings: .process()) }
    }
}
