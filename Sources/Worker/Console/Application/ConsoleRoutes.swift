/// All that the console answers.
enum ConsoleRoutes {
    /// Throws only if a page's template is broken.
    static func all(_ services: ConsoleServices) throws -> [Route] {
        let access = services.makeAccess()
        return try PageRoutes.all(services, access)
            + ConfigAPI(services, access).routes + SendAPI(services: services, access: access).routes
            + EventAPI(access).routes + ConversationAPI(access: access).routes
            + MediaAPI(services: services, access: access).routes + KeyAPI(access: access).routes
            + ErasureAPI(services, access).routes + TenantAPI(services: services, access: access).routes
            + QueueAPI(services: services, access: access).routes
            + OperatorListAPI(services: services, access: access).routes + OpenAPI.routes
    }
}
