/// How far one of our messages has come: a tick and the words for it.
struct MessageTick {
    let icon: String
    let tone: String
    let words: String

    init(status: String) {
        (icon, tone, words) =
            switch status {
            case "queued": ("clock", "quiet", "Waiting to be sent")
            case "sending": ("clock", "quiet", "Being sent")
            case "accepted": ("tick", "quiet", "Taken by WhatsApp")
            case "sent": ("tick", "quiet", "Sent")
            case "delivered": ("ticks", "quiet", "Delivered")
            case "read": ("ticks", "read", "Read")
            case "played": ("ticks", "read", "Played")
            case "failed": ("alert", "bad", "Not sent")
            case "expired": ("alert", "bad", "Expired before it could be sent")
            case "cancelled": ("cross", "quiet", "Cancelled")
            case "unknown": ("question", "warn", "It may have been sent: WhatsApp did not answer")
            default: ("tick", "quiet", status)
            }
    }

    var values: TemplateValues { ["icon": icon, "tone": tone, "words": words] }
}
