import TestSupport

/// A private nginx in front of the Ingress, with its configuration and files in a temporary folder.
final class NginxServer: Sendable {
    let port: Int
    private let folder: TemporaryFolder
    private let process: ManagedProcess

    /// Starts it and waits until it listens.
    /// - Throws: `TestSupportError` naming the Debian package when nginx is missing, or with its own words.
    static func start(before ports: [Int]) async throws -> NginxServer {
        let server = try NginxServer(before: ports)
        try await waitUntil("nginx to listen on port \(server.port)") {
            guard server.process.isRunning else { return true }
            let connection = try await LoopbackConnection.connect(port: server.port)
            await connection.close()
            return true
        }
        guard server.process.isRunning else {
            throw TestSupportError("nginx ended at its start:\n\(server.process.lastOutput())")
        }
        return server
    }

    private init(before ports: [Int]) throws {
        let executable = try ExecutableLookup.find("nginx", package: "nginx")
        folder = try TemporaryFolder("nginx")
        port = try freePort()
        let configuration = Self.configuration(listening: port, before: ports, in: folder.path)
        let path = try folder.write(configuration, to: "nginx.conf")
        process = try ManagedProcess(
            executable, ["-p", folder.path, "-c", path, "-e", "stderr"], name: "nginx", outputFolder: folder.path)
    }

    var isRunning: Bool { process.isRunning }

    func stop() async throws {
        try await process.stop(within: .seconds(10))
    }

    /// A stopped Ingress is given up after 3 s, and left alone for a second after each failure. Nothing is posted a second
    /// time by nginx itself: Meta does that.
    private static func configuration(listening port: Int, before ports: [Int], in folder: String) -> String {
        let servers = ports.map { "        server 127.0.0.1:\($0) max_fails=1 fail_timeout=1s;\n" }.joined()
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map {
            "    \($0)_temp_path \(folder)/\($0);\n"
        }.joined()
        return """
            daemon off;
            pid \(folder)/nginx.pid;
            worker_processes 1;
            error_log stderr error;
            events { worker_connections 1024; }
            http {
                access_log off;
            \(temporary)
                upstream ingress {
            \(servers)
                    keepalive 32;
                }
                server {
                    listen 127.0.0.1:\(port);
                    location / {
                        proxy_pass http://ingress;
                        proxy_http_version 1.1;
                        proxy_set_header Connection "";
                        proxy_connect_timeout 1s;
                        proxy_read_timeout 3s;
                        proxy_send_timeout 3s;
                        proxy_next_upstream error timeout;
                    }
                }
            }
            """
    }
}
