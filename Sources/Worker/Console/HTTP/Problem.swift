internal import HTTPTypes
internal import QueueAdministration

/// Why a request is not answered as asked, told as a problem document (RFC 9457).
struct Problem: Error {
    /// One field of a request and what is wrong with it.
    struct Field {
        let name: String
        let code: String
        let detail: String
    }

    let status: HTTPResponse.Status
    /// Stable, for programs; the last part of the document's `type`.
    let code: String
    let title: String
    var detail: String?
    var fields: [Field] = []
    var members: [(String, JSONOutput)] = []
    var headers: HTTPFields = [:]

    init(_ status: HTTPResponse.Status, _ code: String, _ title: String, detail: String? = nil) {
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
    }

    var json: String {
        var document: [(String, JSONOutput)] = [
            ("type", .text("urn:quoteline:problem:\(code)")), ("title", .text(title)),
            ("status", .integer(Int64(status.code))),
        ]
        if let detail { document.append(("detail", .text(detail))) }
        if !fields.isEmpty {
            document.append(
                (
                    "errors",
                    .list(
                        fields.map { field in
                            .object([
                                ("field", .text(field.name)), ("code", .text(field.code)),
                                ("detail", .text(field.detail)),
                            ])
                        })
                ))
        }
        return JSONOutput.object(document + members).line
    }
}

extension Problem {
    static var notFound: Problem { Problem(.notFound, "not_found", "There is nothing here.") }

    static var unauthorized: Problem {
        var problem = Problem(
            .unauthorized, "unauthorized", "This needs a valid key or session.",
            detail: "Send an API key of the tenant as Authorization: Bearer qlk_…, or sign in to the console."
        )
        problem.headers[.wwwAuthenticate] = #"Bearer realm="quoteline""#
        return problem
    }

    static func forbidden(_ detail: String) -> Problem {
        Problem(.forbidden, "forbidden", "This is not yours to open.", detail: detail)
    }

    static func badRequest(_ detail: String) -> Problem {
        Problem(.badRequest, "bad_request", "The request cannot be understood.", detail: detail)
    }

    static func unprocessable(_ field: String, _ code: String, _ detail: String) -> Problem {
        var problem = Problem(
            .unprocessableContent, "invalid_request", "The request cannot be carried out as it is.",
            detail: field.isEmpty ? detail : "\(field): \(detail)")
        problem.fields = [Field(name: field, code: code, detail: detail)]
        return problem
    }

    static func tooLarge(_ limit: Int) -> Problem {
        var problem = Problem(
            .contentTooLarge, "too_large", "The request is too large.", detail: "At most \(limit) bytes are read.")
        problem.headers[.connection] = "close"
        return problem
    }

    static func methodNotAllowed(_ allowed: [String]) -> Problem {
        var problem = Problem(
            .methodNotAllowed, "method_not_allowed", "This cannot be done here.",
            detail: "Here one can \(allowed.joined(separator: ", ")).")
        problem.headers[.allow] = allowed.joined(separator: ", ")
        return problem
    }

    static func unavailable(_ detail: String) -> Problem {
        var problem = Problem(
            .serviceUnavailable, "unavailable", "This does not work just now.", detail: detail)
        problem.headers[.retryAfter] = "2"
        return problem
    }

    static var failure: Problem {
        Problem(.internalServerError, "failure", "Something went wrong on our side.", detail: "It was logged.")
    }
}
