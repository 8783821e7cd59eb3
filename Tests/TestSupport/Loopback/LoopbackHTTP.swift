/// One HTTP request to a server on this machine, on a connection of its own.
public enum LoopbackHTTP {
    /// - Throws: ``TestSupportError`` when nothing listens, or no answer comes in time.
    public static func send(
        _ method: String, port: Int, _ path: String, headers: [(String, String)] = [], body: [UInt8] = [],
        within limit: Duration = .seconds(10)
    ) async throws -> HTTPReply {
        let connection = try await LoopbackConnection.connect(port: port)
        let reply: HTTPReply
        do {
            reply = try await connection.request(method, path, headers: headers, body: body, within: limit)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return reply
    }

    public static func get(
        port: Int, _ path: String, headers: [(String, String)] = [], within limit: Duration = .seconds(10)
    ) async throws -> HTTPReply {
        try await send("GET", port: port, path, headers: headers, within: limit)
    }
}
