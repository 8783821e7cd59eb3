/// All that the console answers.
enum ConsoleRoutes {
    static func all(_ services: ConsoleServices) -> [Route] {
        let access = Access(services)
        return ConfigAPI(services, access).routes + SendAPI(services, access).routes
            + ConversationAPI(services, access).routes + AdminAPI(services, access).routes + OpenAPI.routes
    }
}
