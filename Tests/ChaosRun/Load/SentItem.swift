/// One thing that was sent, and what is known of its fate.
struct SentItem: Sendable {
    enum Content: Sendable, Equatable {
        /// A message of the customer with that number.
        case message(text: String, customer: Int)
        case status(String)
        /// A signed body that is no JSON: it is accepted, and buried with its reason.
        case poison
    }

    /// How it came in.
    enum Way: Sendable, Equatable {
        /// Posted to nginx.
        case posted
        /// Put into the schedule as a retry, due at this Unix millisecond, under this job id and with this attempt.
        case planted(due: Int64, job: String, attempt: Int)
    }

    /// What it is known by where it ends: a wamid, or the body of what is no JSON.
    let key: String
    let content: Content
    let way: Way
    /// Times that it was sent.
    var posts = 0
    /// Times that it was accepted: answered with 200, or its planting acknowledged by Redis.
    var acceptances = 0
}
