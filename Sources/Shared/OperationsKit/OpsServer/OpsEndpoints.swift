internal import NIOCore
internal import NIOHTTP1

/// What the ops server answers at each path.
struct OpsEndpoints: Sendable {
    /// The event loops that `/live` vouches for.
    let loops: [any EventLoop]
    let registry: PrometheusRegistry
    let limits: OpsLimits
    let readiness: @Sendable () async -> Readiness

    func answer(method: HTTPMethod, uri: String, on loop: any EventLoop) -> EventLoopFuture<OpsResponse> {
        let path = uri.prefix { $0 != "?" && $0 != "#" }
        let endpoint: (any EventLoop) -> EventLoopFuture<OpsResponse>
        switch path {
        case "/live": endpoint = live
        case "/ready": endpoint = ready
        case "/metrics": endpoint = metrics
        case _:
            return loop.makeSucceededFuture(.plain(.notFound, "not found: there are /live, /ready and /metrics"))
        }
        guard method == .GET || method == .HEAD else {
            return loop.makeSucceededFuture(.plain(.methodNotAllowed, "only GET and HEAD are answered here"))
        }
        return endpoint(loop)
    }

    /// What to say where an answer took too long.
    func late(uri: String) -> OpsResponse {
        let what =
            uri.hasPrefix("/live")
            ? "an event loop does not turn" : uri.hasPrefix("/ready") ? "the readiness check hangs" : "no answer"
        let waited = Double(limits.answer.nanoseconds) / 1e9
        return .plain(.serviceUnavailable, "\(what) (waited \(ExpositionText.number(waited)) s)", closes: true)
    }

    /// Answered without any Swift task, so that only the loops count and not what keeps the tasks' threads busy.
    private func live(_ loop: any EventLoop) -> EventLoopFuture<OpsResponse> {
        let turns = loops.map { watched in watched.submit {} }
        return EventLoopFuture.andAllSucceed(turns, on: loop).map { .plain(.ok, "live") }
    }

    private func ready(_ loop: any EventLoop) -> EventLoopFuture<OpsResponse> {
        let readiness = readiness
        return loop.makeFutureWithTask {
            switch await readiness() {
            case .ready: .plain(.ok, "ready")
            case .notReady(let reason): .plain(.serviceUnavailable, reason)
            }
        }
    }

    private func metrics(_ loop: any EventLoop) -> EventLoopFuture<OpsResponse> {
        let registry = registry
        return loop.makeFutureWithTask {
            OpsResponse(
                status: .ok, contentType: "text/plain; version=0.0.4; charset=utf-8", body: await registry.render())
        }
    }
}
