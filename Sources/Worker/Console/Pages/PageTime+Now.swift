internal import ConsolePages
internal import Identifiers

extension PageTime {
    static var now: PageTime { PageTime(milliseconds: UnixClock.milliseconds()) }
}
