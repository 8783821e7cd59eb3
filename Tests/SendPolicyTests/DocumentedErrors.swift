import SendPolicy

/// The error table of the API notes (section 4), copied by its column "Act" and independent of the table in the code:
/// R by whom it slows, R?, P, F, T.
enum DocumentedErrors {
    static let replaySafe: [(code: Int, class: SendErrorClass)] = [
        (4, .retryApp), (80007, .retryApp), (80008, .retryApp), (130429, .retryNumber), (131056, .retryRecipient),
        (134101, .retryMessage),
    ]

    static let maybeSent = [1, 2, 131000, 131016, 131057, 133004, 2_494_100]

    static let pausing =
        [0, 3, 10, 33, 104, 190, 368, 131005, 131031, 131037, 131042, 131045, 131048, 131064, 133000, 133005, 133006]
        + [133008, 133009, 133010, 133015, 133016, 134011] + Array(200...299)

    static let failing =
        [100, 130403, 130472, 130497, 131008, 131009, 131020, 131021, 131026, 131030, 131041, 131049, 131050, 131051]
        + [131052, 131053, 131055, 131059, 131060, 131061, 131062, 131063, 132000, 132001, 132005, 132007, 132008]
        + [132012, 132015, 132016, 132018, 132068, 132069, 134100, 134102, 135000, 137000, 131200, 131250, 131299]
        + [138000, 138021, 139000, 139999, 147000, 147001, 2_388_001, 2_388_293]

    static let templates = [131047]

    static let all: [(code: Int, class: SendErrorClass)] =
        replaySafe + maybeSent.map { ($0, .maybeSent) } + pausing.map { ($0, .pauseNumber) }
        + failing.map { ($0, .fail) } + templates.map { ($0, .useTemplate) }
}
