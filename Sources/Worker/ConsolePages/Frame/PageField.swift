/// A name and a value: a hidden field of a form, or a line of a description.
public struct PageField: Sendable, Equatable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    var values: TemplateValues { ["name": name, "value": value] }
}

/// What is wrong with one field of a form; `field` is the form field's name.
public struct FieldProblem: Sendable, Equatable {
    public var field: String
    public var text: String

    public init(field: String, text: String) {
        self.field = field
        self.text = text
    }
}

extension [FieldProblem] {
    /// Under `problem_<field>` what is wrong with it, and all of it as a list for the top of the page.
    func values(of fields: [String]) -> TemplateValues {
        var values = TemplateValues()
        for field in fields { values["problem_" + field] = first { $0.field == field }?.text }
        values["problems"] = map { problem in TemplateValues(["text": problem.text]) }
        values["has_problems"] = !isEmpty
        return values
    }
}

public struct PageLink: Sendable, Equatable {
    public var title: String
    public var path: String

    public init(title: String, path: String) {
        self.title = title
        self.path = path
    }

    var values: TemplateValues { ["title": title, "path": path] }
}
