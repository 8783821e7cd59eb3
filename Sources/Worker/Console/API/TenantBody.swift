internal import LenientJSON
internal import Tenants

/// Reads the body of `POST /api/admin/tenants`.
enum TenantBody {
    enum Order: Sendable {
        case name(TenantName)
        case withNumber(NewTenant)
    }

    static func read(_ body: [UInt8]) throws(Problem) -> Order {
        try JSONBody.read(body) { root throws(Problem) in
            var fields: [String: String] = [:]
            for (key, value) in root.members {
                let name = key.string ?? ""
                switch name {
                case "name": fields[name] = try JSONBody.text(value, name)
                case "phone_number_id", "waba_id", "access_token":
                    fields[name] = try JSONBody.optionalText(value, name)
                case _:
                    throw Problem.unprocessable("", "unknown_field", "The body has a member that no tenant has.")
                }
            }
            return try order(fields)
        }
    }

    private static func order(_ fields: [String: String]) throws(Problem) -> Order {
        guard let text = fields["name"] else { throw .unprocessable("name", "missing_field", "is missing") }
        guard let name = TenantName(text) else {
            throw .unprocessable("name", "invalid_value", "expected \(TenantName.expectation)")
        }
        guard let number = fields["phone_number_id"] else {
            for other in ["waba_id", "access_token"] where fields[other] != nil {
                throw .unprocessable("phone_number_id", "missing_field", "is missing; \(other) belongs to a number")
            }
            return .name(name)
        }
        guard let phoneNumberID = PhoneNumberID(number) else {
            throw .unprocessable("phone_number_id", "invalid_value", "expected \(PhoneNumberID.expectation)")
        }
        guard let token = fields["access_token"], !token.isEmpty else {
            throw .unprocessable("access_token", "missing_field", "a number needs its access token")
        }
        guard let accessToken = AccessToken(token) else {
            throw .unprocessable("access_token", "invalid_value", "expected \(AccessToken.expectation)")
        }
        let wabaID = fields["waba_id"].flatMap(WABAID.init)
        guard wabaID != nil || fields["waba_id"] == nil else {
            throw .unprocessable("waba_id", "invalid_value", "expected \(WABAID.expectation)")
        }
        return .withNumber(
            NewTenant(name: name, phoneNumberID: phoneNumberID, wabaID: wabaID, accessToken: accessToken))
    }
}
