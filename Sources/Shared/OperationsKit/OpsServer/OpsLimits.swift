internal import NIOCore
internal import NIOHTTP1

/// The ops server's bounds. It serves a scraper, a prober and a person now and then, not the public.
struct OpsLimits: Sendable {
    /// Connections at once. One more takes the place of the one that has idled longest.
    var connections = 64
    /// From the first byte allowed to the whole request.
    var request = TimeAmount.seconds(10)
    /// From the whole request to its answer; above the time that a scrape waits for its sources.
    var answer = TimeAmount.seconds(5)
    /// Between two requests of one connection; scrapers come every 15 to 60 seconds.
    var idle = TimeAmount.seconds(75)
    /// A request's body, which nobody reads, in bytes.
    var body = 16 * 1024

    var decoder: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 8 * 1024
        limits.maxHeaderListSize = 16 * 1024
        limits.maxHeaderFieldCount = 64
        return limits
    }
}
