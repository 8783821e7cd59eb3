/// A job of a version that no Worker knows, which is therefore claimed and scheduled again for as long as the run lasts.
enum Traveller {
    static let count = 8
    static let prefix = "traveller-"

    static func id(_ index: Int) -> String { "\(prefix)\(index)" }
}
