// swift-tools-version: 6.2
import PackageDescription

/// Every target compiles in Swift 6 mode with warnings as errors; the upcoming features keep imports and existentials
/// explicit, so that the direction of dependencies can be read off any file.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

extension Target.Dependency {
    static let nioCore = product(name: "NIOCore", package: "swift-nio")
    static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
    static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
    static let nioEmbedded = product(name: "NIOEmbedded", package: "swift-nio")
    static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
    static let logging = product(name: "Logging", package: "swift-log")
    static let metrics = product(name: "Metrics", package: "swift-metrics")
    static let coreMetrics = product(name: "CoreMetrics", package: "swift-metrics")
    static let lifecycle = product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
    static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
    static let configuration = product(name: "Configuration", package: "swift-configuration")
    static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
    static let asyncHTTPClient = product(name: "AsyncHTTPClient", package: "async-http-client")
    static let hummingbird = product(name: "Hummingbird", package: "hummingbird")
    static let hummingbirdCore = product(name: "HummingbirdCore", package: "hummingbird")
    static let mustache = product(name: "Mustache", package: "swift-mustache")
    static let httpTypes = product(name: "HTTPTypes", package: "swift-http-types")
}

/// A Swift target in the folder of its house: `Sources/Shared`, `Sources/Ingress` or `Sources/Worker`.
func module(_ name: String, in house: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target
{
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(house)/\(name)", resources: resources,
        swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: settings)
}

let shared: [Target] = [
    .systemLibrary(
        name: "COpenSSL", path: "Sources/Shared/COpenSSL", pkgConfig: "openssl", providers: [.apt(["libssl-dev"])]),
    // No pkgConfig: hiredis' file carries a flag that SwiftPM refuses (its issue 4817).
    .systemLibrary(name: "CHiredis", path: "Sources/Shared/CHiredis", providers: [.apt(["libhiredis-dev"])]),
    module("OpenSSLKit", in: "Shared", ["COpenSSL"]),
    module("WebhookSignature", in: "Shared", ["OpenSSLKit"]),
    module("RedisClient", in: "Shared", ["CHiredis", .nioCore, .nioPosix, .nioSSL, .logging, .lifecycle]),
    module("Identifiers", in: "Shared", []),
    module("JobQueue", in: "Shared", ["Identifiers", "RedisClient", .nioCore]),
    module(
        "OperationsKit", in: "Shared",
        [
            .nioCore, .nioPosix, .nioHTTP1, .logging, .metrics, .coreMetrics, .lifecycle, .unixSignals, .configuration,
        ]),
]

let ingress: [Target] = [
    .systemLibrary(name: "CMalloc", path: "Sources/Ingress/CMalloc"),
    module(
        "IngressApp", in: "Ingress",
        [
            "CMalloc", "Identifiers", "WebhookSignature", "JobQueue", "RedisClient", "OperationsKit", .nioCore,
            .nioPosix, .nioHTTP1, .logging,
            .lifecycle,
        ]),
    .executableTarget(
        name: "IngressMain", dependencies: ["IngressApp", "OperationsKit"], path: "Sources/Ingress/Main",
        swiftSettings: settings),
]

let pageTemplates = [
    "layout", "signIn", "signInLink", "error", "confirmation", "settings", "apiKeys", "conversations",
    "conversationList", "thread", "threadMessages", "message", "queues", "queueFigures", "lanes", "laneTable", "jobs",
    "jobTable", "job",
    "deadLetters", "tenants", "unrouted", "icons", "time", "chip",
]

let worker: [Target] = [
    .systemLibrary(
        name: "CLibPQ", path: "Sources/Worker/CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    module("Postgres", in: "Worker", ["CLibPQ", .logging, .lifecycle]),
    module("LenientJSON", in: "Worker", []),
    module("WhatsAppPayload", in: "Worker", ["LenientJSON", "OpenSSLKit"]),
    module("JobLifecycle", in: "Worker", []),
    module(
        "JobEngine", in: "Worker",
        [
            "Identifiers", "JobLifecycle", "JobQueue", "LenientJSON", "RedisClient", "OperationsKit", .nioCore,
            .logging, .lifecycle,
        ],
        resources: ["claim", "adopt", "settle", "heartbeat", "depart", "leave", "recover", "promote", "relay", "stats"]
            .map {
                .embedInCode("Scripts/\($0).lua")
            }),
    module(
        "QueueAdministration", in: "Worker",
        [
            "Identifiers", "JobEngine", "JobQueue", "LenientJSON", "OperationsKit", "OutboundLanes", "Postgres",
            "RedisClient", "WhatsAppPayload", .nioCore,
        ],
        resources: [
            "pause", "resume", "requeue", "remove", "replace", "page", "lists", "errors", "find", "workers", "unowned",
            "unlisted",
        ].map { .embedInCode("Scripts/\($0).lua") }),
    module(
        "Schema", in: "Worker", ["Postgres"],
        resources: [
            "0001_core", "0002_archived_jobs", "0003_outbound", "0004_conversations", "0005_tenant_rows", "0006_media",
            "0007_events_of_sends",
            "0008_send_tries", "0009_console_limits", "0010_number_history",
        ].map {
            .embedInCode("Migrations/\($0).sql")
        }),
    module("Tenants", in: "Worker", ["Postgres", "OpenSSLKit", "OperationsKit"]),
    module("Conversations", in: "Worker", ["Identifiers", "OpenSSLKit", "Postgres", "WhatsAppPayload"]),
    module(
        "Erasure", in: "Worker",
        [
            "Conversations", "JobQueue", "Postgres", "QueueAdministration", "RedisClient", "Tenants", "WhatsAppPayload",
        ]),
    module("SendPolicy", in: "Worker", []),
    module(
        "GraphClient", in: "Worker",
        [
            "Identifiers", "LenientJSON", "OpenSSLKit", "OperationsKit", "SendPolicy", .asyncHTTPClient, .nioCore,
            .nioPosix, .nioHTTP1, .nioSSL,
        ]),
    module(
        "OutboundLanes", in: "Worker",
        [
            "Identifiers", "JobEngine", "JobLifecycle", "JobQueue", "LenientJSON", "OpenSSLKit", "OperationsKit",
            "RedisClient", .nioCore,
        ],
        resources: [
            "claim", "hold", "succeeded", "reserve", "hold_recipient", "refund", "refund_recipients", "pause", "resume",
            "list", "configure", "mend", "lease",
        ].map { .embedInCode("Scripts/\($0).lua") }),
    module(
        "Outbound", in: "Worker",
        [
            "Conversations", "GraphClient", "Identifiers", "JobEngine", "JobLifecycle", "JobQueue", "LenientJSON",
            "OpenSSLKit", "OperationsKit", "OutboundLanes", "Postgres", "RedisClient", "SendPolicy", "Tenants",
            .nioCore, .logging, .lifecycle,
        ]),
    module("MediaFiles", in: "Worker", ["OperationsKit", .nioCore, .nioPosix]),
    module(
        "Media", in: "Worker",
        [
            "GraphClient", "Identifiers", "JobEngine", "JobLifecycle", "JobQueue", "LenientJSON", "MediaFiles",
            "OpenSSLKit", "OperationsKit", "Outbound", "OutboundLanes", "Postgres", "RedisClient", "SendPolicy",
            "Tenants", .nioCore, .logging, .lifecycle,
        ]),
    module(
        "ConsolePages", in: "Worker", [.mustache],
        resources: pageTemplates.map { .embedInCode("Templates/\($0).mustache") }
            + ["console.css", "console.js", "icon.svg"].map { .embedInCode("Assets/\($0)") }),
    module(
        "Console", in: "Worker",
        [
            "ConsolePages", "Conversations", "Erasure", "GraphClient", "Identifiers", "JobEngine", "JobQueue",
            "LenientJSON",
            "MediaFiles", "OpenSSLKit",
            "OperationsKit",
            "Outbound", "OutboundLanes", "Postgres", "QueueAdministration", "RedisClient", "SendPolicy", "Tenants",
            .hummingbird, .hummingbirdCore, .httpTypes, .nioCore, .nioHTTP1, .logging, .lifecycle,
        ], resources: [.embedInCode("API/openapi.json")]),
    module(
        "WorkerApp", in: "Worker",
        [
            "Identifiers", "Schema", "Tenants", "Conversations", "Erasure", "Postgres", "WhatsAppPayload", "JobEngine",
            "JobLifecycle",
            "JobQueue", "QueueAdministration", "RedisClient", "OperationsKit", "OpenSSLKit", "SendPolicy",
            "GraphClient", "OutboundLanes", "Outbound", "Media", "MediaFiles", "Console", .nioCore, .nioPosix, .logging,
            .lifecycle,
            .argumentParser,
        ]),
    .executableTarget(
        name: "WorkerMain", dependencies: ["WorkerApp"], path: "Sources/Worker/Main", swiftSettings: settings),
]

let testing: [Target] = [
    .target(
        name: "TestSupport", dependencies: [.nioCore, .nioPosix], path: "Tests/TestSupport",
        swiftSettings: settings),
    .target(
        name: "QueueTesting", dependencies: ["JobQueue", "RedisClient", "TestSupport", .nioCore, .nioPosix, .logging],
        path: "Tests/QueueTesting", swiftSettings: settings),
    .target(
        name: "GraphSimulator",
        dependencies: [
            "LenientJSON", "TestSupport", "WebhookSignature", "OpenSSLKit", .nioCore, .nioPosix, .nioHTTP1,
        ],
        path: "Tests/GraphSimulator",
        resources: ["html", "css", "js"].map { .embedInCode("Phone/Page/phone.\($0)") }, swiftSettings: settings),
    .executableTarget(
        name: "Simulator", dependencies: ["GraphSimulator", "TestSupport", .argumentParser, .unixSignals],
        path: "Tests/Simulator", swiftSettings: settings),
    .executableTarget(
        name: "Stage", dependencies: ["TestSupport", "GraphSimulator", .argumentParser, .unixSignals],
        path: "Tests/Stage", swiftSettings: settings),
    .target(
        name: "ChaosRun",
        dependencies: [
            "TestSupport", "GraphSimulator", "RedisClient", "JobQueue", "Identifiers", .nioCore, .nioPosix, .logging,
        ],
        path: "Tests/ChaosRun", swiftSettings: settings),
    .executableTarget(
        name: "Chaos", dependencies: ["ChaosRun", "TestSupport", .argumentParser], path: "Tests/Chaos",
        swiftSettings: settings),
    tests("ChaosTests", ["ChaosRun"]),
    tests("OpenSSLKitTests", ["OpenSSLKit"]),
    tests("WebhookSignatureTests", ["WebhookSignature", "OpenSSLKit"]),
    tests("RedisClientTests", ["RedisClient", "TestSupport", .nioCore, .nioPosix, .nioEmbedded, .logging]),
    tests("IdentifiersTests", ["Identifiers"]),
    tests("JobQueueTests", ["Identifiers", "JobQueue", "RedisClient", .nioCore]),
    tests("OperationsKitTests", ["OperationsKit", "TestSupport", .logging, .metrics, .nioCore, .nioPosix, .lifecycle]),
    tests(
        "IngressTests",
        [
            "IngressApp", "JobQueue", "RedisClient", "OperationsKit", "WebhookSignature", "TestSupport", .nioCore,
            .nioPosix, .nioHTTP1, .nioEmbedded, .logging, .lifecycle,
        ]),
    tests("PostgresTests", ["Postgres", "TestSupport", .logging, .lifecycle]),
    tests("LenientJSONTests", ["LenientJSON", "TestSupport"]),
    tests("WhatsAppPayloadTests", ["WhatsAppPayload", "LenientJSON", "OpenSSLKit", "TestSupport"]),
    tests("JobLifecycleTests", ["JobLifecycle"]),
    tests(
        "JobEngineTests",
        [
            "JobEngine", "JobLifecycle", "JobQueue", "RedisClient", "TestSupport", "OperationsKit", "QueueTesting",
            .nioCore, .nioPosix, .logging, .lifecycle,
        ]),
    tests(
        "OutboundLanesTests",
        [
            "OutboundLanes", "JobEngine", "JobLifecycle", "JobQueue", "RedisClient", "TestSupport", "OperationsKit",
            "QueueTesting", .nioCore, .nioPosix, .logging, .lifecycle,
        ]),
    tests(
        "QueueAdministrationTests",
        [
            "QueueAdministration", "JobEngine", "JobQueue", "Postgres", "RedisClient", "Schema", "TestSupport",
            .nioCore,
            .nioPosix, .logging,
        ]),
    tests("TenantsTests", ["Tenants", "Schema", "Postgres", "OpenSSLKit", "OperationsKit", "TestSupport", .logging]),
    tests(
        "ConversationsTests",
        [
            "Conversations", "Erasure", "JobQueue", "Postgres", "RedisClient", "Schema", "Tenants", "TestSupport",
            "WhatsAppPayload", .logging, .nioCore, .nioPosix,
        ]),
    tests(
        "OutboundTests",
        [
            "Outbound", "Conversations", "JobEngine", "JobQueue", "LenientJSON", "OpenSSLKit", "OperationsKit",
            "OutboundLanes", "Postgres", "QueueTesting", "RedisClient", "Schema", "SendPolicy", "Tenants",
            "TestSupport",
            "WhatsAppPayload", .nioCore, .logging, .lifecycle,
        ]),
    tests("ConsolePagesTests", ["ConsolePages"]),
    tests(
        "ConsoleTests",
        [
            "Console", "GraphClient", "GraphSimulator", "JobQueue", "MediaFiles", "OperationsKit", "OutboundLanes",
            "Postgres", "RedisClient",
            "Schema",
            "Tenants", "TestSupport", .nioCore, .nioPosix, .logging,
        ]),
    tests(
        "MediaTests",
        [
            "Conversations", "GraphClient", "GraphSimulator", "Identifiers", "JobEngine", "JobLifecycle", "JobQueue",
            "Media", "MediaFiles", "OpenSSLKit", "OperationsKit", "Outbound", "OutboundLanes", "Postgres",
            "RedisClient", "Schema", "Tenants", "TestSupport", "WhatsAppPayload", .nioCore, .nioPosix, .logging,
        ]),
    tests("TestSupportTests", ["TestSupport", .nioCore, .nioPosix]),
    tests("SendPolicyTests", ["SendPolicy", "TestSupport"]),
    tests(
        "GraphClientTests",
        [
            "GraphClient", "GraphSimulator", "OperationsKit", "SendPolicy", "TestSupport", .nioCore, .nioPosix, .nioSSL,
        ]),
    tests("GraphSimulatorTests", ["GraphSimulator", "TestSupport", "WebhookSignature"]),
    tests("EndToEndTests", ["TestSupport", "GraphSimulator", "RedisClient", "OpenSSLKit", .nioCore, .nioPosix]),
]

let package = Package(
    name: "quoteline",
    products: [
        .executable(name: "ingress", targets: ["IngressMain"]),
        .executable(name: "worker", targets: ["WorkerMain"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", exact: "2.13.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0", traits: []),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
    ],
    targets: shared + ingress + worker + testing
)
