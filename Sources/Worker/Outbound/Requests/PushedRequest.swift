internal import LenientJSON
public import Tenants

/// A request that was pushed into Redis from outside: `{"tenant":"7","key":"…optional…",…the request…}`.
public struct PushedRequest: Sendable, Equatable {
    public let tenant: TenantID
    public let key: String?
    public let request: SendRequest

    /// - Parameters:
    ///   - type: the job's type.
    ///   - payload: the job's payload.
    public init(type: String, payload: [UInt8]) throws(SendRefusal) {
        request = try SendRequest(json: payload, type: type, envelope: ["tenant", "key"])
        var parser = JSONParser()
        let result: Result<(TenantID, String?), SendRefusal>
        do throws(JSONParsingError) {
            result = try parser.withDocument(payload) { root in
                let fields = RequestFields(root)
                do throws(SendRefusal) {
                    let tenant = try fields.required(
                        "tenant", try fields.integer("tenant", in: 1...Int64.max), "the tenant's id")
                    return .success((TenantID(tenant), try IdempotencyKey.read(fields, "key")))
                } catch {
                    return .failure(error)
                }
            }
        } catch {
            throw SendRefusal(.invalidJSON, "", "The request is not JSON: \(error)")
        }
        (tenant, key) = try result.get()
    }
}
