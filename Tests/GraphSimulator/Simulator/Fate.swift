/// What becomes of a request.
struct Fate: Sendable {
    enum Ending: Sendable {
        case answer(GraphAnswer)
        /// The connection is closed without an answer.
        case cut
        /// Nothing is ever answered.
        case silence
        /// So many bytes of the body come; then the connection is closed, or stays open without another byte.
        case part(GraphAnswer, bytes: Int, stays: Bool)
        /// Without a length: in chunks.
        case unmeasured(GraphAnswer)
    }

    var ending: Ending
    var latencyMilliseconds = 0
    /// Webhooks that follow from it.
    var letters: [(Mailbag.Letter, afterMilliseconds: Int)] = []
}
