internal import LenientJSON

/// Reads a request's JSON body.
enum JSONBody {
    /// Throws a ``Problem``: 400 if the body is not JSON, 422 if it is no object, or what `read` throws.
    static func read<Value>(
        _ body: [UInt8], _ read: (JSONValue) throws(Problem) -> Value
    ) throws(Problem) -> Value {
        var parser = JSONParser()
        let result: Result<Value, Problem>
        do throws(JSONParsingError) {
            result = try parser.withDocument(body) { root in
                do throws(Problem) {
                    guard root.isObject else {
                        throw Problem.unprocessable("", "wrong_type", "The body is not a JSON object.")
                    }
                    return .success(try read(root))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw Problem.badRequest("The body is not JSON: \(error)")
        }
        return try result.get()
    }

    static func text(_ value: JSONValue, _ name: String) throws(Problem) -> String {
        guard let text = value.string else { throw wrongType(name, "a text in quotes") }
        return text
    }

    static func optionalText(_ value: JSONValue, _ name: String) throws(Problem) -> String? {
        value.isNull ? nil : try text(value, name)
    }

    static func wrongType(_ name: String, _ expected: String) -> Problem {
        .unprocessable(name, "wrong_type", "expected \(expected)")
    }
}
