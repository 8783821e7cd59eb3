public import JobLifecycle

/// The settings of one queue's consumer. Durations are exact; the loops add their own jitter.
public struct ConsumerConfiguration: Sendable {
    /// Batches in work at once.
    public var consumers: Int
    /// Most jobs in one batch.
    public var batch: Int
    /// Most bytes in one batch; a single larger job still makes one.
    public var batchBytes: Int
    /// After this long without a heartbeat a worker is dead.
    public var lease: Duration
    /// Less than a fifth of a lease; see ``LeaseSteadiness``.
    public var heartbeat: Duration
    /// Between looks for dead workers.
    public var recovery: Duration
    /// Between comparisons of the own claimed list with the jobs in hand.
    public var audit: Duration
    /// How long one blocking claim waits for a job. A claim that blocks does not see a pause: with Redis' own coarseness
    /// (a tenth of a second) this stays within the second in which all workers are to see it.
    public var blocking: Duration
    /// How long jobs in work may go on after the order to stop; what is left then is handed back.
    public var drain: Duration
    public var lifecycle: JobLifecycle
    /// Whether producers may push the short form, `{"type":…,"payload":{…}}`.
    public var takesShortForms = false

    public init(consumers: Int, batch: Int, lifecycle: JobLifecycle) {
        self.consumers = consumers
        self.batch = batch
        self.lifecycle = lifecycle
        batchBytes = 8 * 1_024 * 1_024
        lease = .seconds(10)
        heartbeat = .seconds(1)
        recovery = .milliseconds(500)
        audit = .seconds(5)
        blocking = .milliseconds(500)
        drain = .seconds(25)
    }
}
