/// The templates by the name under which they include each other.
enum PageTemplate: String, CaseIterable {
    case layout, signIn, signInLink, error, confirmation, settings, apiKeys, conversations, conversationList, thread
    case threadMessages, message, queues, queueFigures, lanes, laneTable, jobs, jobTable, job, deadLetters, tenants,
        unrouted
    case icons, time, chip

    var bytes: [UInt8] {
        switch self {
        case .layout: PackageResources.layout_mustache
        case .signIn: PackageResources.signIn_mustache
        case .signInLink: PackageResources.signInLink_mustache
        case .error: PackageResources.error_mustache
        case .confirmation: PackageResources.confirmation_mustache
        case .settings: PackageResources.settings_mustache
        case .apiKeys: PackageResources.apiKeys_mustache
        case .conversations: PackageResources.conversations_mustache
        case .conversationList: PackageResources.conversationList_mustache
        case .thread: PackageResources.thread_mustache
        case .threadMessages: PackageResources.threadMessages_mustache
        case .message: PackageResources.message_mustache
        case .queues: PackageResources.queues_mustache
        case .queueFigures: PackageResources.queueFigures_mustache
        case .lanes: PackageResources.lanes_mustache
        case .laneTable: PackageResources.laneTable_mustache
        case .jobs: PackageResources.jobs_mustache
        case .jobTable: PackageResources.jobTable_mustache
        case .job: PackageResources.job_mustache
        case .deadLetters: PackageResources.deadLetters_mustache
        case .tenants: PackageResources.tenants_mustache
        case .unrouted: PackageResources.unrouted_mustache
        case .icons: PackageResources.icons_mustache
        case .time: PackageResources.time_mustache
        case .chip: PackageResources.chip_mustache
        }
    }
}
