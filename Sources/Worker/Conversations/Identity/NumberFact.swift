/// Somebody who was seen with a number, or got it for another one. People are known by their conversations.
struct NumberFact<Conversation> {
    let tenant: Int64
    let number: String
    /// Microseconds since 1970.
    let at: Int64
    /// The message that tells it: decides about what happened at the same time.
    var toldBy = ""
    /// Who had the number then; nil where only the number is known that was given up for it.
    var person: Conversation?
    /// They had not had it before.
    var isChange = false
    var changedFrom: String?

    func map<Other>(_ transform: (Conversation) -> Other) -> NumberFact<Other> {
        NumberFact<Other>(
            tenant: tenant, number: number, at: at, toldBy: toldBy, person: person.map(transform), isChange: isChange,
            changedFrom: changedFrom)
    }
}
