/// Why an order over HTTP was not followed.
struct ControlRefusal: Error {
    var status = 400
    let problem: String

    var answer: GraphAnswer {
        GraphAnswer(status: status, json: .object([("problem", .string(problem))]))
    }
}
