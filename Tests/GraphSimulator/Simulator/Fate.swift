/// What becomes of a request.
struct Fate: Sendable {
    enum Ending: Sendable {
        case answer(GraphAnswer)
        /// The connection is closed without an answer.
        case cut
        /// Nothing is ever answered.
        case silence
    }

    var ending: Ending
    var latencyMilliseconds = 0
    /// Webhooks that follow from it.
    var letters: [(Mailbag.Letter, afterMilliseconds: Int)] = []
}
