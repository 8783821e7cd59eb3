import TestSupport

/// What the kernel knows of the connections to a port of 127.0.0.1: for servers that are frozen and cannot be asked.
struct LoopbackSockets {
    /// Connections that are established, counted at the client's end.
    let established: Int
    /// Bytes that have arrived at the server and that it has not read.
    let unread: Int

    static func to(port: Int) async throws -> LoopbackSockets {
        let finished = try await ManagedProcess.run("/bin/cat", ["/proc/net/tcp"], within: .seconds(5))
        let hex = String(port, radix: 16, uppercase: true)
        let address = "0100007F:" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
        // Fields: number, local address, remote address, state (01 is established), send queue:receive queue, …
        let rows = finished.standardOutput.split(separator: "\n").map { $0.split(separator: " ") }
            .filter { $0.count > 4 && $0[3] == "01" }
        let unread = rows.filter { $0[1] == address }.compactMap { Int($0[4].suffix(8), radix: 16) }
        return LoopbackSockets(established: rows.count { $0[2] == address }, unread: unread.reduce(0, +))
    }
}
