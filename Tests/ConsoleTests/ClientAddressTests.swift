import OperationsKit
import Testing

@testable import Console

@Suite("Whom a request came from")
struct ClientAddressTests {
    @Test(
        "is read with a port and without one, and written in one form",
        arguments: [
            ("203.0.113.7", "203.0.113.7"), ("203.0.113.7:4711", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"), ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:0db8:0::7]:4711", "2001:db8::7"), ("::ffff:203.0.113.7", "203.0.113.7"),
            ("::ffff:cb00:7107", "203.0.113.7"), ("[::ffff:203.0.113.7]:80", "203.0.113.7"),
            // What is no address says nothing: then it is the proxy's.
            ("203.0.113.7:99999", "10.0.0.1"), ("203.0.113.7:", "10.0.0.1"), ("[2001:db8::7", "10.0.0.1"),
            ("[2001:db8::7]x", "10.0.0.1"), ("unknown", "10.0.0.1"), ("_hidden:1", "10.0.0.1"),
        ])
    func hops(hop: String, client: String) throws {
        let proxies = try #require(TrustedProxies("10.0.0.0/8"))
        #expect(proxies.client(peer: "10.0.0.1", forwarded: ["198.51.100.1, \(hop)"]) == client)
    }

    @Test("through several proxies it is the last address that none of them vouches for")
    func chain() throws {
        let proxies = try #require(TrustedProxies("10.0.0.0/8"))
        #expect(
            proxies.client(peer: "::ffff:10.0.0.1", forwarded: ["1.1.1.1", "203.0.113.7:1, 10.0.0.2:2"])
                == "203.0.113.7")
        #expect(proxies.client(peer: "203.0.113.9", forwarded: ["1.1.1.1"]) == "203.0.113.9")
    }
}

@Suite("What the console reads from the environment")
struct ConsoleSettingsTests {
    @Test(
        "an operators' key that could be guessed, or is taken for a tenant's, stops the process in one line",
        arguments: ["x", "nineteen-characters", "qlk_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"])
    func operatorKey(key: String) throws {
        let error = #expect(throws: SettingError.self) {
            try ConsoleConfiguration(Settings(environment: ["CONSOLE_OPERATOR_KEY": key]))
        }
        #expect(error?.variable == "CONSOLE_OPERATOR_KEY")
        #expect(error?.description.contains(key) == false || key == "x")
        let good = Settings(environment: ["CONSOLE_OPERATOR_KEY": "twenty-characters-ok"])
        #expect(try ConsoleConfiguration(good).operatorKey?.reveal() == "twenty-characters-ok")
    }

    @Test(
        "who may embed the pages is warned of where browsers keep no cookies for it",
        arguments: [
            ("https://console.example.com", "https://app.example.com", false),
            ("https://console.example.com", "https://*.example.com", false),
            ("https://console.example.com:8443", "'self'", false),
            ("https://console.example.com", "https://app.example.net", true),
            ("https://console.example.com", "http://app.example.com", true),
            ("https://192.0.2.1", "https://192.0.3.1", true), ("https://192.0.2.1", "https://192.0.2.1:99", false),
            ("https://[2001:db8::1]", "https://[2001:db8::2]", true),
        ])
    func ancestors(site: String, ancestor: String, isWarned: Bool) throws {
        let configuration = try ConsoleConfiguration(
            Settings(environment: ["CONSOLE_PUBLIC_URL": site, "CONSOLE_FRAME_ANCESTORS": ancestor]))
        #expect(configuration.warnings.isEmpty != isWarned)
    }
}
