/// What is wrong with a field, in a sentence for people.
public enum FieldWords {
    /// - Parameters:
    ///   - label: what the page calls the field; nil: the sentence stands alone.
    ///   - rule: what is wrong and what is expected, without the field's name.
    public static func text(_ label: String?, _ rule: String) -> String {
        label.map { "\($0): \(rule)" } ?? rule.prefix(1).uppercased() + rule.dropFirst()
    }
}
