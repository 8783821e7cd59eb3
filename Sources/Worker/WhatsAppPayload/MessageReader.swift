import LenientJSON

/// Reads one element of `messages` or `message_echoes`.
struct MessageReader {
    let message: JSONValue
    let direction: InboundMessage.Direction
    let scope: ChangeScope

    /// Nil where the message has no usable id. `index` and `count` are its place among its siblings.
    func read(at index: Int, of count: Int, raw: RawJSON) -> InboundMessage? {
        guard let wamid = message.identifier("id") else { return nil }
        let type = MessageType.name(of: message)
        let known = MessageType(rawValue: type)
        let errors = ReportedError.read(message["errors"])
        let customer = scope.contacts.complete(sender, at: index, of: count)
        // An edit carries the whole new message inside: its words and media are the ones that count.
        let edited = known == .edit ? message["edit"]?["message"] : nil
        return InboundMessage(
            wabaID: scope.entry.wabaID, phoneNumberID: scope.phoneNumberID,
            displayPhoneNumber: scope.displayPhoneNumber, wamid: wamid, direction: direction, type: type,
            text: MessageText(message: message, type: type, errors: errors).rendered,
            media: Self.media(of: edited ?? message, type: edited.map(MessageType.name) ?? type),
            context: context, customer: customer, groupID: message.identifier("group_id"),
            timestamp: message["timestamp"]?.timestamp, change: known.flatMap(change),
            systemChange: known == .system ? systemChange(customer) : nil, errors: errors, raw: raw)
    }

    private var sender: Customer {
        switch direction {
        case .inbound:
            Customer(
                phone: message["from"], userID: message["from_user_id"], parentUserID: message["from_parent_user_id"])
        case .echo:
            Customer(phone: message["to"], userID: message["to_user_id"], parentUserID: message["to_parent_user_id"])
        }
    }

    private static func media(of message: JSONValue, type: String) -> MediaReference? {
        guard let object = message[type], object.isObject else { return nil }
        if let known = MessageType(rawValue: type) {
            guard known.isMedia else { return nil }
        } else if object["mime_type"] == nil {
            return nil
        }
        return MediaReference(
            id: object.identifier("id"), mimeType: object.text("mime_type"), sha256: object.text("sha256"),
            filename: object.text("filename"), url: object.text("url"), voice: object["voice"]?.lenientBool ?? false,
            animated: object["animated"]?.lenientBool ?? false)
    }

    private var context: MessageContext? {
        guard let context = message["context"], context.isObject else { return nil }
        let product = context["referred_product"]
        return MessageContext(
            repliedTo: context.identifier("id"), from: context.identifier("from"),
            forwarded: context["forwarded"]?.lenientBool ?? false,
            frequentlyForwarded: context["frequently_forwarded"]?.lenientBool ?? false,
            referredCatalogID: product?.identifier("catalog_id"),
            referredProductID: product?.identifier("product_retailer_id"))
    }

    private func change(_ type: MessageType) -> MessageChange? {
        switch type {
        case .reaction:
            guard let reaction = message["reaction"], let target = reaction.identifier("message_id") else { return nil }
            return .reaction(target: target, emoji: reaction.text("emoji"))
        case .edit:
            return message["edit"]?.identifier("original_message_id").map { .edit(target: $0) }
        case .revoke:
            return message["revoke"]?.identifier("original_message_id").map { .revoke(target: $0) }
        case .text, .image, .video, .audio, .document, .sticker, .location, .contacts, .interactive, .button, .order,
            .system, .unsupported, .requestWelcome:
            return nil
        }
    }

    /// The previous BSUID is taken from its own field alone: the sentence in `body` also holds it, but beside the profile
    /// name, which is the customer's to choose.
    private func systemChange(_ customer: Customer) -> SystemChange? {
        guard let system = message["system"], let type = system["type"]?.lenientText else { return nil }
        let kind: SystemChange.Kind
        switch type {
        case "user_changed_number", "customer_changed_number": kind = .numberChanged
        case "user_changed_user_id": kind = .userIDChanged
        case "customer_identity_changed", "user_identity_changed": kind = .identityChanged
        default: return nil
        }
        let new = Customer(
            phone: system["new_wa_id"] ?? system["wa_id"], userID: system["user_id"],
            parentUserID: system["parent_user_id"])
        let old = Customer(
            phone: system["customer"] ?? message["from"],
            userID: system["previous_user_id"] ?? message["previous_user_id"],
            parentUserID: system["previous_parent_user_id"] ?? message["previous_parent_user_id"])
        return SystemChange(
            kind: kind, oldWaID: old.waID ?? customer.waID, newWaID: new.waID, previousUserID: old.userID,
            newUserID: new.userID, previousParentUserID: old.parentUserID, newParentUserID: new.parentUserID,
            identityHash: (system["identity"] ?? message["identity"])?.text("hash"))
    }
}

extension ReportedError {
    /// The errors of an array; a single object counts as one.
    static func read(_ errors: JSONValue?) -> [ReportedError] {
        guard let errors else { return [] }
        if errors.isObject { return [ReportedError(errors)] }
        return errors.elements.lazy.filter(\.isObject).map { ReportedError($0) }
    }

    private init(_ error: JSONValue) {
        let data = error["error_data"]
        self.init(
            code: error["code"]?.lenientInt64, title: error.text("title"), message: error.text("message"),
            details: data?.text("details") ?? data?.lenientText ?? error.text("details"))
    }
}
