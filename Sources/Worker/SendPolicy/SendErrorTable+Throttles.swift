extension SendErrorTable {
    /// Too much, or too fast; certainly not sent.
    static let throttles: [SendErrorRule] = [
        SendErrorRule(
            4, .retryApp, "the app has made too many calls to WhatsApp",
            "Nothing to do: sending goes on by itself, more slowly."),
        SendErrorRule(
            80_007, .retryApp, "the WhatsApp Business account has reached its rate limit",
            "Nothing to do: sending goes on by itself, more slowly."),
        SendErrorRule(
            80_008, .retryApp, "the WhatsApp Business account has made too many calls",
            "Nothing to do: sending goes on by itself, more slowly."),
        SendErrorRule(
            130_429, .retryNumber, "too many messages at once from this number",
            "Nothing to do: it is sent again more slowly."),
        SendErrorRule(
            131_056, .retryRecipient, "too many messages to this customer in a short time",
            "Nothing to do: it is sent again in a while; other customers do not wait."),
        SendErrorRule(
            134_101, .retryMessage, "the template is still being made available",
            "Nothing to do: it is sent again in about ten minutes.", waitSeconds: 600),
    ]

    /// Meta's own troubles, after which nobody knows whether the message went out.
    static let troubles: [SendErrorRule] = [
        SendErrorRule(
            1, .maybeSent, "WhatsApp could not read the request, or had an error of its own",
            "Nothing to do yet: whether the message went out is being checked."),
        SendErrorRule(
            2, .maybeSent, "WhatsApp was overloaded or down for a moment",
            "Nothing to do: whether the message went out is being checked.", isOutage: true),
        SendErrorRule(
            131_000, .maybeSent, "WhatsApp had an error that it does not explain",
            "Nothing to do yet: whether the message went out is being checked."),
        SendErrorRule(
            131_016, .maybeSent, "a part of WhatsApp was not available",
            "Nothing to do: whether the message went out is being checked.", isOutage: true),
        SendErrorRule(
            131_057, .maybeSent, "the number was in maintenance, which takes about a minute",
            "Nothing to do: whether the message went out is being checked.", waitSeconds: 60, isOutage: true),
        SendErrorRule(
            133_004, .maybeSent, "WhatsApp's server was not available",
            "Nothing to do: whether the message went out is being checked.", isOutage: true),
        SendErrorRule(
            2_494_100, .maybeSent, "the number was in maintenance",
            "Nothing to do: whether the message went out is being checked.", waitSeconds: 60, isOutage: true),
    ]
}
