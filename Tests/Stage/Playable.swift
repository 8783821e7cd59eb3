import GraphSimulator
import TestSupport

/// A set that is complete: the play can begin.
struct Playable: Sendable {
    let deployment: Deployment
    let simulator: GraphSimulator
    let tenant: WorkerCommand.Tenant
    let ingress: [ServiceProcess]
    let worker: ServiceProcess
    /// The Worker's pages and its API.
    let consolePort: Int
    let operatorKey: String

    var ports: [Int] { ingress.compactMap(\.port) }
    var services: [ServiceProcess] { ingress + [worker] }
}
