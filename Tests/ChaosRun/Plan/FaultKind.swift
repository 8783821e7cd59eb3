/// What is done to the running system.
public enum FaultKind: String, Sendable, CaseIterable {
    case workerKill = "Worker SIGKILL"
    case workerStop = "Worker SIGSTOP beyond the lease"
    case workerTerminate = "Worker SIGTERM"
    case workerSilence = "Worker's connections silent"
    case ingressKill = "Ingress SIGKILL"
    case ingressStop = "Ingress SIGSTOP"
    case ingressTerminate = "Ingress SIGTERM"
    case redisKill = "Redis SIGKILL"
    case redisStop = "Redis SIGSTOP"
    case clientKill = "CLIENT KILL of everyone"
    case blockedClientKill = "CLIENT KILL while blocking"
    case clientPause = "CLIENT PAUSE"
    case postgresKill = "Postgres SIGKILL"
    case backendTermination = "pg_terminate_backend"

    /// What it is done to, of which there are several or one.
    public enum Subject: Sendable {
        case worker, ingress, redis, postgres
    }

    public var subject: Subject {
        switch self {
        case .workerKill, .workerStop, .workerTerminate, .workerSilence: .worker
        case .ingressKill, .ingressStop, .ingressTerminate: .ingress
        case .redisKill, .redisStop, .clientKill, .blockedClientKill, .clientPause: .redis
        case .postgresKill, .backendTermination: .postgres
        }
    }

    /// Whether Redis answers nobody for a while: every Worker's heartbeats then have a gap.
    public var stallsRedis: Bool {
        switch self {
        case .redisKill, .redisStop, .clientPause: true
        case .workerKill, .workerStop, .workerTerminate, .workerSilence, .ingressKill, .ingressStop,
            .ingressTerminate, .clientKill, .blockedClientKill, .postgresKill, .backendTermination:
            false
        }
    }
}

/// One fault of a plan.
public struct PlannedFault: Sendable, Equatable {
    public var kind: FaultKind
    /// When it begins, from the start of the run.
    public var at: Duration
    /// Which Worker or Ingress, from 0.
    public var target: Int
    /// How long it lasts, where that is for the plan to say.
    public var length: Duration

    public init(_ kind: FaultKind, at: Duration, target: Int = 0, length: Duration = .zero) {
        self.kind = kind
        self.at = at
        self.target = target
        self.length = length
    }
}
