public import ServiceLifecycle

/// A service that runs another one, whose name it goes by in the logs.
public protocol ServiceWrapper: Service {
    var service: any Service { get }
}
