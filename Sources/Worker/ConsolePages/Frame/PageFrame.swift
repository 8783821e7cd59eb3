/// What every page has around its content: who looks at it, the token its forms carry, and the time it was made.
public struct PageFrame: Sendable {
    public var viewer: PageViewer
    public var csrf: String
    public var now: PageTime
    public var notice: PageNotice?

    public init(viewer: PageViewer, csrf: String, now: PageTime, notice: PageNotice? = nil) {
        self.viewer = viewer
        self.csrf = csrf
        self.now = now
        self.notice = notice
    }
}

public enum PageViewer: Sendable, Equatable {
    case nobody
    /// - Parameter id: the tenant's: names need not differ.
    case tenant(id: String, name: String)
    case `operator`
}

/// One sentence on top of a page about what was just done.
public struct PageNotice: Sendable, Equatable {
    public enum Kind: Sendable {
        case good, problem
    }

    public var kind: Kind
    public var text: String

    public init(kind: Kind, text: String) {
        self.kind = kind
        self.text = text
    }
}
