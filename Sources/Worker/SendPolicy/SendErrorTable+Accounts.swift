extension SendErrorTable {
    /// Nothing goes out from the number until a person has acted: token, permissions, account, registration.
    static let accounts: [SendErrorRule] = [
        pause(
            0, "WhatsApp did not accept the access token",
            "Save a new access token for this number."),
        pause(
            3, "the app may not do this",
            "Give the app the permission whatsapp_business_messaging, then resume the number."),
        pause(
            10, "the app's permission is missing or was removed",
            "Give the app the permission whatsapp_business_messaging again, then save a new token."),
        pause(
            33, "the business phone number was deleted",
            "Check the number in the WhatsApp Manager, and save the one to use."),
        pause(
            104, "the request's proof does not fit the app, or the token is missing",
            "Have the operator check WHATSAPP_APP_SECRET, and save the token again."),
        pause(
            190, "the access token has expired or was revoked",
            "Save a new access token: everything that waits goes out then."),
        pause(
            200, "the access token is missing or lacks a permission",
            "Save a token that may send messages for this number (permission whatsapp_business_messaging)."),
        pause(
            368, "WhatsApp has restricted the account for breaking its policies",
            "See the reason in the WhatsApp Manager and appeal there, then resume the number."),
        pause(
            131_005, "the access token does not give access",
            "Save a token with the permission whatsapp_business_messaging for this number."),
        pause(
            131_031, "WhatsApp has locked the account, or a PIN was wrong",
            "See the reason in the WhatsApp Manager, then resume the number."),
        pause(
            131_037, "the number's display name is not approved",
            "Have the display name approved in the WhatsApp Manager, then resume the number."),
        pause(
            131_042, "there is a problem with the payment method",
            "Put the payment method right in Meta's Business Manager, then resume the number."),
        pause(
            131_045, "the number is not registered correctly",
            "Register the number again, then resume it."),
        pause(
            131_048, "too many messages of this number were reported as spam",
            "Send less and better wanted messages, check the quality rating in the WhatsApp Manager, and resume the "
                + "number once it has recovered. Trying again at once makes it worse."),
        pause(
            131_064, "the limit for messages with wrongly classified templates is reached",
            "Correct the templates' categories in the WhatsApp Manager, then resume the number."),
        pause(133_000, "an earlier removal of the number did not finish", "Register the number again, then resume it."),
        pause(133_005, "the number's PIN was wrong", "Set the two-step PIN in the WhatsApp Manager, then resume it."),
        pause(133_006, "the number has to be verified", "Verify and register the number, then resume it."),
        pause(
            133_008, "the number's PIN was wrong too often",
            "Wait as long as the WhatsApp Manager says, enter the PIN, then resume the number."),
        pause(
            133_009, "the number's PIN was entered too fast",
            "Wait a while, enter the PIN again, then resume the number."),
        pause(133_010, "the number is not registered", "Register the number with the Cloud API, then resume it."),
        pause(
            133_015, "the number was removed only just now",
            "Wait five minutes, register the number again, then resume it.", waitSeconds: 300),
        pause(
            133_016, "the number was registered and removed too often",
            "It is locked for 72 hours; register it after that, then resume it."),
        pause(
            134_011, "WhatsApp's terms for payments are not accepted",
            "Accept them in the WhatsApp Manager, then resume the number."),
    ]

    private static func pause(
        _ code: Int, _ title: String, _ advice: String, waitSeconds: Int? = nil
    ) -> SendErrorRule {
        SendErrorRule(code, .pauseNumber, title, advice, waitSeconds: waitSeconds)
    }
}
