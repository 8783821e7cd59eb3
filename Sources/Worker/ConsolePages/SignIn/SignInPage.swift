public struct SignInPage: Sendable {
    /// Where to go afterwards: a path of this console.
    public var next: String
    public var problem: String?

    public init(next: String, problem: String? = nil) {
        self.next = next
        self.problem = problem
    }

    var values: TemplateValues { ["next": next, "problem": problem] }
}

/// Where a sign-in link leads. It asks for one click, so that what follows links by itself does not use it up.
public struct SignInLinkPage: Sendable {
    public var token: String
    public var problem: String?

    public init(token: String, problem: String? = nil) {
        self.token = token
        self.problem = problem
    }

    var values: TemplateValues { ["token": token, "problem": problem] }
}
