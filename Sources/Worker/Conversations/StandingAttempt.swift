/// An attempt to send that stands: a status says that it went out, and none says that it failed. The customer has the
/// message then, or gets it, whatever becomes of the message's other attempts.
public enum StandingAttempt {
    /// SQL for how far the message has come by such an attempt: a status, or null where there is none.
    /// - Parameters:
    ///   - message: SQL for the message's id.
    ///   - attempt: SQL for the attempt that is not meant.
    public static func status(of message: String, besides attempt: String) -> String {
        """
        (select s.status from whatsapp_send_attempts o
            join whatsapp_message_statuses s on s.tenant_id = o.tenant_id and s.wamid = o.wamid
            where o.message_id = \(message) and o.attempt <> \(attempt)
                and s.status in ('sent', 'delivered', 'read', 'played')
                and not exists (
                    select from whatsapp_message_statuses f
                    where f.tenant_id = o.tenant_id and f.wamid = o.wamid and f.status = 'failed')
            order by whatsapp_status_rank(s.status) desc limit 1)
        """
    }
}
