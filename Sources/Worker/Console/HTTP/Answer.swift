internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import QueueAdministration

/// Answers as the console gives them.
enum Answer {
    static func json(_ text: String, _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return make(status, text, headers)
    }

    static func json(_ value: JSONOutput, _ status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) -> Response {
        json(value.line, status, headers: headers)
    }

    static func problem(_ problem: Problem) -> Response {
        var headers = problem.headers
        headers[.contentType] = "application/problem+json"
        return make(problem.status, problem.json, headers)
    }

    static func empty(headers: HTTPFields = [:]) -> Response {
        Response(status: .noContent, headers: headers)
    }

    private static func make(_ status: HTTPResponse.Status, _ text: String, _ headers: HTTPFields) -> Response {
        var headers = headers
        if headers[.cacheControl] == nil { headers[.cacheControl] = "no-store" }
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

extension JSONOutput {
    static func orNull(_ text: String?) -> JSONOutput { text.map { .text($0) } ?? .null }
    static func orNull(_ number: Int64?) -> JSONOutput { number.map { .integer($0) } ?? .null }
}
