/// Why the schema and this program do not fit, and what to do about it.
public enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The program's own list is wrong: two of one number, a number below 1, or a `compatibleFrom` above its number.
    case invalidList(String)
    /// Nothing was applied yet, or not all that this program needs.
    case schemaTooOld(found: Int, needed: Int)
    /// A later version changed the schema so that this one must not use it.
    case schemaTooNew(found: Int, compatibleFrom: Int, own: Int)
    /// An applied migration's text is not what the program holds.
    case changedAfterwards(number: Int, name: String)
    /// A migration that is missing in the database is older than one that is there.
    case outOfOrder(missing: Int, applied: Int)
    /// The script began or ended a transaction by itself.
    case endsTransaction(number: Int, name: String)

    public var description: String {
        switch self {
        case .invalidList(let problem):
            "the list of migrations is wrong: \(problem)"
        case .schemaTooOld(let found, let needed):
            "the database's schema is at migration \(found), this version needs \(needed): run `worker migrate`"
        case .schemaTooNew(let found, let compatibleFrom, let own):
            """
            the database's schema is at migration \(found) and works with versions from \(compatibleFrom) on, this \
            version is at \(own): deploy a newer version
            """
        case .changedAfterwards(let number, let name):
            """
            migration \(number) (\(name)) was changed after it had been applied: restore its text and put the change \
            into a new migration
            """
        case .outOfOrder(let missing, let applied):
            """
            migration \(missing) was never applied although \(applied) was: give it a number above \(applied)
            """
        case .endsTransaction(let number, let name):
            "migration \(number) (\(name)) begins or ends a transaction; each runs in one of its own"
        }
    }
}
