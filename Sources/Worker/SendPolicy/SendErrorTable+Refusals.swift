extension SendErrorTable {
    /// This message is not sent, whatever is tried; others are not affected.
    static let refusals: [SendErrorRule] = [
        SendErrorRule(
            131_047, .useTemplate, "the customer last wrote more than 24 hours ago",
            "Only a template may be sent now; without one the message waits until the customer writes."),
        fail(100, "WhatsApp does not accept a part of the message", "Correct the message and send it anew."),
        fail(130_403, "you have blocked this customer", "Unblock the customer in WhatsApp, then send it anew."),
        fail(
            130_472, "the customer is in a group that WhatsApp withholds marketing from",
            "Reach the customer in another way; WhatsApp gives no way round it."),
        fail(
            130_497, "WhatsApp does not let this business write to the customer's country",
            "Reach the customer in another way."),
        fail(131_008, "a part of the message is missing", "Complete the message and send it anew."),
        fail(
            131_009, "a part of the message has a value that WhatsApp does not accept", "Correct it and send it anew."),
        fail(131_020, "WhatsApp does not accept the group", "Write to the customer directly."),
        fail(131_021, "the recipient is the sending number itself", "Check the customer's number."),
        fail(
            131_026, "the message cannot be delivered to this number",
            "Check that the number is right and uses WhatsApp. The customer may have an old version, or may not have "
                + "accepted WhatsApp's terms."),
        fail(
            131_030, "the recipient is not on the test number's list",
            "Add the recipient to the list in Meta's app settings, or send from a real number."),
        fail(131_041, "WhatsApp does not know the group", "Write to the customer directly."),
        fail(
            131_049, "WhatsApp withheld the message, because the customer gets too much marketing",
            "Do not send it again within 24 hours."),
        fail(131_050, "the customer has stopped marketing messages from you", "Do not send the customer marketing."),
        fail(131_051, "WhatsApp does not support this type of message", "Send it as a text or a quote link."),
        fail(
            131_052, "a customer's media could not be downloaded",
            "This concerns a received message: ask the customer to send it again."),
        fail(131_053, "media could not be uploaded", "Check the file's type and size."),
        fail(131_055, "this way of sending is for marketing templates only", "Use another template."),
        fail(131_059, "WhatsApp refused an operation on a group", "Write to the customer directly."),
        fail(
            131_060, "a received message is not available",
            "This concerns a received message: ask the customer to send it again."),
        fail(131_061, "this template can only be sent as marketing message", "Use another template."),
        fail(
            131_062, "this message needs the customer's phone number, not a user id",
            "Send it to the phone number, if it is known."),
        fail(131_063, "marketing is switched off for this number", "Use a template of another category."),
        fail(132_000, "the template has another number of variables", "Correct the template's variables."),
        fail(
            132_001, "the template does not exist in this language, or is not approved",
            "Check the template's name, language and approval in the WhatsApp Manager."),
        fail(132_005, "the template's text is too long with these variables", "Shorten the variables."),
        fail(132_007, "the template's content breaks a policy", "Change the template in the WhatsApp Manager."),
        fail(132_008, "a variable of the template has the wrong form", "Correct the template's variables."),
        fail(132_012, "a variable of the template has the wrong form", "Correct the template's variables."),
        fail(
            132_015, "the template is paused, because customers did not like it",
            "Improve the template in the WhatsApp Manager, or choose another one."),
        fail(132_016, "the template is disabled for good", "Choose another template."),
        fail(132_018, "the template's variables are not valid", "Correct the template's variables."),
        fail(132_068, "the template's flow is blocked", "Correct the flow, or choose another template."),
        fail(132_069, "the template's flow is throttled", "Correct the flow, or choose another template."),
        fail(134_100, "only marketing templates can be sent in this way", "Use another template."),
        fail(134_102, "the template is not available", "Check the template in the WhatsApp Manager."),
        fail(135_000, "WhatsApp does not accept a part of the message", "Correct the message and send it anew."),
        fail(
            137_000, "the customer's identity has changed since it was confirmed",
            "Make sure that it is still the same person, then send it anew."),
    ]

    private static func fail(_ code: Int, _ title: String, _ advice: String) -> SendErrorRule {
        SendErrorRule(code, .fail, title, advice)
    }
}
