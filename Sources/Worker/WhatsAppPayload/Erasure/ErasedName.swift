/// What is remembered of an erased message, so that it does not come back: hashes of these names.
public enum ErasedName {
    /// One participant's status of a message to a group, whose other participants stay.
    public static func status(of wamid: String, participant: String) -> String { "\(wamid)\n\(participant)" }
}
