/// A range of codes that are alike.
struct SendErrorFamily: Sendable {
    let codes: ClosedRange<Int>
    let `class`: SendErrorClass
    let title: String
    let advice: String

    func rule(_ code: Int) -> SendErrorRule {
        SendErrorRule(code, `class`, title, advice)
    }
}
