internal import Postgres
internal import Tenants

/// Why somebody was not let in, for the table `audit_log`: from where, never what was presented.
enum SignInRefusal: String, Sendable {
    case wrongOperatorKey = "wrong operator key"
    case wrongAPIKey = "no such API key"
    case deadLink = "a sign-in link that was used, has ended or never was"

    func write(_ news: SignInLimits.News, at address: String, in session: PostgresSession) throws(PostgresError) {
        let actor = AuditActor(name: "nobody", origin: address)
        switch news {
        case .first: try AuditLog.write("sign_in.refuse", nil, note: rawValue, by: actor, in: session)
        case .limitReached:
            try AuditLog.write(
                "sign_in.block", nil, note: "\(rawValue); too many, nothing more is looked at for a while",
                by: actor, in: session)
        case .tooMany:
            try AuditLog.write(
                "sign_in.refuse", nil,
                note: "\(rawValue); refusals from so many addresses that further ones are not written down for a while",
                by: actor, in: session)
        }
    }
}
