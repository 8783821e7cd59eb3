internal import WhatsAppPayload

/// A message whose tenant is known, and after resolution its conversation.
struct RoutedMessage {
    let tenant: Int64
    let message: InboundMessage
    /// Unix milliseconds.
    let receivedAt: Int64
    var conversation: Int64 = 0

    init(tenant: Int64, message: InboundMessage, receivedAt: Int64) {
        self.tenant = tenant
        self.message = message
        self.receivedAt = receivedAt
    }

    /// Microseconds since 1970: WhatsApp's time, or the time of acceptance where there is none.
    var sentAt: Int64 { message.timestamp.map { $0 * 1_000_000 } ?? receivedAt * 1_000 }

    var isEcho: Bool {
        switch message.direction {
        case .echo: true
        case .inbound: false
        }
    }
}

/// A call that a customer made to a tenant.
struct RoutedCall {
    let tenant: Int64
    let call: CustomerCall
    /// Of the event that tells it.
    let hash: [UInt8]

    /// Microseconds since 1970.
    var startedAt: Int64 { call.startedAt * 1_000_000 }
}

struct RoutedStatus {
    let tenant: Int64
    let status: StatusUpdate
}
