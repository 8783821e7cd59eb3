/// What all items of one change share.
struct ChangeScope {
    /// What all changes of one entry share.
    struct Entry {
        let wabaID: String?
        let time: Int64?
    }

    let entry: Entry
    let field: String
    let phoneNumberID: String?
    let displayPhoneNumber: String?
    let contacts: ContactBook
}
