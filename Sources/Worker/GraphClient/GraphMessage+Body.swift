internal import NIOCore

extension GraphMessage {
    /// The request's body: Meta's JSON, written by hand because a send is the hottest thing that a Worker writes.
    /// - Parameter callbackData: Up to 512 characters that come back in every status of this message.
    func body(callbackData: String) -> ByteBuffer {
        var json = JSONWriter(capacity: 1024)
        json.raw(#"{"messaging_product":"whatsapp","recipient_type":"individual",""#)
        switch recipient {
        case .phone(let number):
            // Without the plus sign Meta would prepend the business's own country code.
            json.raw(#"to":"#)
            json.string(number.utf8.first == UInt8(ascii: "+") ? number : "+" + number)
        case .user(let id):
            json.raw(#"recipient":"#)
            json.string(id)
        }
        switch self {
        case .quoteLink(_, let body, let button, let url, let replyTo):
            Self.context(replyTo, into: &json)
            json.raw(#","type":"interactive","interactive":{"type":"cta_url","body":{"text":"#)
            json.string(body)
            json.raw(#"},"action":{"name":"cta_url","parameters":{"display_text":"#)
            json.string(button)
            json.raw(#","url":"#)
            json.string(url)
            json.raw("}}}")
        case .text(_, let body, let previewURL, let replyTo):
            Self.context(replyTo, into: &json)
            json.raw(#","type":"text","text":{"body":"#)
            json.string(body)
            json.raw(previewURL ? #","preview_url":true}"# : #","preview_url":false}"#)
        case .template(_, let name, let language, let variables, let urlSuffix):
            json.raw(#","type":"template","template":{"name":"#)
            json.string(name)
            json.raw(#","language":{"code":"#)
            json.string(language)
            json.raw("}")
            Self.components(variables: variables, urlSuffix: urlSuffix, into: &json)
            json.raw("}")
        }
        json.raw(#","biz_opaque_callback_data":"#)
        json.string(callbackData)
        json.raw("}")
        return json.buffer
    }

    private static func context(_ replyTo: String?, into json: inout JSONWriter) {
        guard let replyTo else { return }
        json.raw(#","context":{"message_id":"#)
        json.string(replyTo)
        json.raw("}")
    }

    private static func components(variables: [String], urlSuffix: String?, into json: inout JSONWriter) {
        guard !variables.isEmpty || urlSuffix != nil else { return }
        json.raw(#","components":["#)
        if !variables.isEmpty {
            json.raw(#"{"type":"body","parameters":["#)
            for (index, variable) in variables.enumerated() {
                json.raw(index == 0 ? #"{"type":"text","text":"# : #",{"type":"text","text":"#)
                json.string(variable)
                json.raw("}")
            }
            json.raw(urlSuffix == nil ? "]}" : "]},")
        }
        if let urlSuffix {
            json.raw(#"{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"#)
            json.string(urlSuffix)
            json.raw("}]}")
        }
        json.raw("]")
    }
}
