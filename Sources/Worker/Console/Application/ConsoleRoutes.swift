/// All that the console answers.
enum ConsoleRoutes {
    /// Throws only if a page's template is broken.
    static func all(_ services: ConsoleServices) throws -> [Route] {
        let access = Access(services)
        return try PageRoutes.all(services, access)
            + ConfigAPI(services, access).routes + SendAPI(services, access).routes
            + EventAPI(services, access).routes
            + ConversationAPI(services, access).routes + MediaAPI(services, access).routes
            + AdminAPI(services, access).routes + OperatorListAPI(services, access).routes
            + OpenAPI.routes
    }
}
