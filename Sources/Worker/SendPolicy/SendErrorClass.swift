/// What is to be done about an error of the Graph API.
public enum SendErrorClass: String, Sendable, CaseIterable {
    /// Certainly not sent: try this message again later.
    case retryMessage
    /// Certainly not sent: this recipient gets nothing for a while (4^n seconds).
    case retryRecipient
    /// Certainly not sent: this number sends more slowly.
    case retryNumber
    /// Certainly not sent: everything of this app and WhatsApp Business account sends more slowly.
    case retryApp
    /// Certainly not sent, and nothing from this number will be until a person has acted.
    case pauseNumber
    /// Certainly not sent, and the same message never will be.
    case fail
    /// Certainly not sent: the 24-hour window is closed, so only a template may go out.
    case useTemplate
    /// Perhaps sent. As the answer to a send nobody knows; as the error of a `failed` status it is certain that it was
    /// not, and another attempt is safe.
    case maybeSent
}
