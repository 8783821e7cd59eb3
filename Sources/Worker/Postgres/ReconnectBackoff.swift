/// How long to wait before the next attempt to connect: a random part ("full jitter") of a span that doubles with each
/// failure, so that many processes do not come back at the same instant.
///
/// | failures | span |
/// |---|---|
/// | 1 | 50 ms |
/// | 2 | 100 ms |
/// | 5 | 800 ms |
/// | 6 and more | 1 s |
///
/// The cap keeps the healing within about a second of the server's return. One connection is attempted at a time, so a
/// pool asks a server that is down about twice a second, whatever its size.
struct ReconnectBackoff: Sendable {
    var first = Duration.milliseconds(50)
    var cap = Duration.seconds(1)

    /// `failures` counts from 1.
    func delay(afterFailures failures: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let doublings = max(0, min(failures - 1, 20))
        let span = min(cap, first * (1 << doublings))
        return .microseconds(Int64.random(in: 0...span.milliseconds * 1000, using: &generator))
    }
}
