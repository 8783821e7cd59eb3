/// All that the console answers.
enum ConsoleRoutes {
    /// Throws only if a page's template is broken.
    static func all(_ services: ConsoleServices) throws -> [Route] {
        let access = services.makeAccess()
        return try PageRoutes.all(services, access)
            + ConfigAPI(services, access).routes + SendAPI(services, access).routes
            + EventAPI(access).routes + ConversationAPI(access).routes + MediaAPI(services, access).routes
            + KeyAPI(access).routes + ErasureAPI(services, access).routes
            + TenantAPI(services, access).routes + QueueAPI(services, access).routes
            + OperatorListAPI(services, access).routes + OpenAPI.routes
    }
}
