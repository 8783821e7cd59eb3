import Glibc

/// A TCP port of the loopback interface that nothing listens on and that no other test process is given while this
/// process lives.
///
/// It lies below the kernel's ephemeral range, so that no outgoing connection takes it between a server's stop and its
/// restart. Processes keep off each other's ports through a name in the abstract socket namespace, which the kernel
/// gives back when its holder dies.
/// - Throws: ``TestSupportError`` when none is found.
public func freePort() throws -> Int {
    for _ in 0..<500 {
        let port = Int.random(in: 15_000..<30_000)
        guard isFree(port), reserve(port) else { continue }
        return port
    }
    throw TestSupportError("no free loopback port found between 15000 and 29999")
}

/// Whether a listener could be bound to `port` of 127.0.0.1 (and, if asked, of every address) right now.
public func isFree(_ port: Int, onEveryAddress: Bool = false) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = onEveryAddress ? 0 : in_addr_t(0x7F00_0001).bigEndian
    let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    return bound == 0 && listen(descriptor, 1) == 0
}

/// The reserving sockets stay open until the process ends.
private func reserve(_ port: Int) -> Bool {
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array("\0quoteline-test-port-\(port)".utf8)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
    let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard bound == 0 else {
        close(descriptor)
        return false
    }
    return true
}
