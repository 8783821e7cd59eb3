/// How the forms for sending call the fields of the API's request, for whoever reads what is wrong with one of them.
public enum SendLabels {
    /// Nil for what stands in no form.
    /// - Parameter isText: whether it is the form for a text, not the one for a quote link.
    public static func label(of field: String, isText: Bool) -> String? {
        switch field {
        case "to", "recipient": "WhatsApp number"
        case "body": isText ? "Text" : "Message"
        case "quote.id": "Quote number"
        case "quote", "quote.url": "Link to the quote"
        case "button": "Button"
        // Not fields, but what the page is about.
        case "tenant": "Your business"
        case "conversation_id": "This conversation"
        case "id": "This message"
        case _: nil
        }
    }
}
