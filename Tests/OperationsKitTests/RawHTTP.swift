import NIOCore
import NIOPosix
import Synchronization

/// Sends the text as it is over a new connection, and gives all that comes back until the other side closes.
func exchange(_ request: String, port: Int) async throws -> String {
    let client = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        .connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
    return try await client.executeThenClose { inbound, outbound in
        if !request.isEmpty { try await outbound.write(ByteBuffer(string: request)) }
        var received = ByteBuffer()
        do {
            for try await var part in inbound { received.writeBuffer(&part) }
        } catch let error as IOError where error.errnoCode == 104 {
            // ECONNRESET: the server closed with some of the request unread; what it said before that counts.
        }
        return String(buffer: received)
    }
}

/// One parsed answer.
struct Answer {
    let status: String
    let headers: [Substring]
    let body: String

    static func get(_ path: String, port: Int) async throws -> Answer {
        try await of("GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", port: port)
    }

    static func of(_ request: String, port: Int) async throws -> Answer {
        let text = try await exchange(request, port: port)
        let parts = text.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
        let lines = (parts.first ?? "").split(separator: "\r\n")
        return Answer(
            status: String(lines.first ?? ""), headers: Array(lines.dropFirst()),
            body: parts.count > 1 ? String(parts[1]) : "")
    }

    func header(_ name: String) -> String? {
        headers.first { $0.lowercased().hasPrefix(name.lowercased() + ": ") }.map {
            String($0.dropFirst(name.count + 2))
        }
    }
}

/// Blocks a thread, as a bug would, until it is opened.
final class BlockingGate: Sendable {
    private let isOpen = Atomic(false)

    func open() {
        isOpen.store(true, ordering: .releasing)
    }

    func wait() {
        while !isOpen.load(ordering: .acquiring) {}
    }
}
