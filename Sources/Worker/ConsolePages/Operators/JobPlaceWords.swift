/// What queues and the places of jobs are called on pages. Addresses and commands keep the short names.
enum JobPlaceWords {
    static func queue(_ name: String) -> String? {
        switch name {
        case "inbound": "Webhooks from Meta, on their way to Postgres"
        case "outbound": "Messages to customers, on their way to Meta"
        case "media": "Files that came with messages, on their way to the folder"
        case _: nil
        }
    }

    static func place(_ name: String) -> String {
        switch name {
        case "ready": "Waiting"
        case "lane": "In lanes"
        case "claimed": "In hand"
        case "scheduled": "Scheduled"
        case "dead": "Dead"
        case _: name
        }
    }

    /// In the order in which a job goes through them.
    static func places(of queue: String) -> [String] {
        (queue == "inbound" ? ["ready"] : ["ready", "lane"]) + ["claimed", "scheduled", "dead"]
    }
}
