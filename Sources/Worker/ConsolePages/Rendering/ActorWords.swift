/// Who did something, as people say it. The audit log keeps the short names.
enum ActorWords {
    static func text(_ actor: String) -> String {
        if actor == "operator" { return "an operator" }
        if actor == "sign-in link" { return "somebody with a sign-in link" }
        if actor.hasPrefix("api_key:") { return "API key no. " + actor.dropFirst("api_key:".count) }
        return actor
    }
}
