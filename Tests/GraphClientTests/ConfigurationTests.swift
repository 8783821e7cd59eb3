import OperationsKit
import Testing

@testable import GraphClient

@Suite("Graph API settings")
struct ConfigurationTests {
    @Test("Without variables it is Meta's own, over https, without a proof")
    func defaults() throws {
        let configuration = try GraphConfiguration(Settings(environment: [:]))
        #expect(configuration.baseURL == "https://graph.facebook.com")
        #expect(configuration.apiVersion == "v25.0")
        #expect(configuration.appSecret == nil)
        #expect(configuration.idleLimit <= .seconds(15))
    }

    @Test("Of several app secrets the first one proves")
    func secrets() throws {
        let settings = Settings(environment: ["WHATSAPP_APP_SECRET": "new, old"])
        #expect(try GraphConfiguration(settings).appSecret?.reveal() == "new")
    }

    @Test(
        "https goes anywhere, http only to this machine",
        arguments: [
            ("https://graph.facebook.com", "https://graph.facebook.com"), ("HTTPS://proxy:8443/", "https://proxy:8443"),
            ("http://127.0.0.1:9000", "http://127.0.0.1:9000"), ("http://localhost", "http://localhost"),
            ("http://[::1]:80", "http://[::1]:80"), ("http://127.8.9.1/", "http://127.8.9.1"),
        ])
    func accepted(url: String, expected: String) throws {
        #expect(try GraphConfiguration(Settings(environment: ["GRAPH_BASE_URL": url])).baseURL == expected)
    }

    @Test(
        "Anything else is refused by one line that names the variable and never repeats its value",
        arguments: [
            "", "graph.facebook.com", "http://graph.facebook.com", "http://127.0.0.1.evil.example", "http://127.1",
            "http://127.0.0.1@evil.example", "https://user:hunter2@host", "https://host/v25.0", "https://host?hunter2",
            "https://host#x", "https://", "https://:443", "https://host:0", "https://host:70000", "https://host:",
            "https://host:x", "https://[::1", "https://[x]", "https://ho st", "https://höst", "ftp://host",
            "https://host//", "http://[::2]", "http://localhost.evil.example", "https://a,b", "https://host\n",
        ])
    func refused(url: String) {
        let error = #expect(throws: SettingError.self) {
            try GraphConfiguration(Settings(environment: ["GRAPH_BASE_URL": url]))
        }
        #expect(error?.variable == "GRAPH_BASE_URL")
        #expect(error?.description.contains("hunter2") == false)
    }

    @Test(
        "A version is v, a number, a dot and a number",
        arguments: ["25.0", "v25", "v25.", "v.0", "v25.0/", "v25.0.1", "vx.y", "v-1.0"])
    func version(text: String) {
        let error = #expect(throws: SettingError.self) {
            try GraphConfiguration(Settings(environment: ["GRAPH_API_VERSION": text]))
        }
        #expect(error?.variable == "GRAPH_API_VERSION")
    }

    @Test("Idle connections are kept for 15 seconds at most, whatever is asked")
    func idleLimit() throws {
        #expect(try GraphConfiguration(baseURL: "https://host", idleLimit: .seconds(60)).idleLimit == .seconds(15))
    }
}
