import CLibPQ
import Dispatch

/// One request to give up what a session is doing (PostgreSQL's manual, section 34.7).
// @unchecked Sendable: a PGcancel is a copy of the address and key that nothing else refers to; libpq documents
// PQcancel on it as safe in another thread than the connection's, and here exactly one thread uses it.
final class CancelRequest: @unchecked Sendable {
    private let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        PQfreeCancel(pointer)
    }

    /// Returns at once. PQcancel blocks while it connects (`tcp_user_timeout` bounds that), hence a queue of its own;
    /// its result is of no use, as the statement's own answer or silence tells the outcome.
    func send() {
        DispatchQueue(label: "postgres.cancel").async {
            var message = [CChar](repeating: 0, count: 256)
            _ = PQcancel(self.pointer, &message, Int32(message.count))
        }
    }
}
