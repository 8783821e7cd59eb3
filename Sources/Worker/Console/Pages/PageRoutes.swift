internal import HTTPTypes

/// All pages. What is under `/app` and nowhere is answered as a page, too.
enum PageRoutes {
    /// Throws only if a page's template is broken.
    static func all(_ services: ConsoleServices, _ access: Access) throws -> [Route] {
        let site = try PageSite(services, access)
        let reader = OperatorPageReader(services)
        return SignInPages(site: site).routes + SettingsPages(site: site).routes + KeyPages(site: site).routes
            + ConversationPages(site: site).routes + MediaPages(site: site).routes + TenantPages(site: site).routes
            + QueuePages(site: site, reader: reader).routes + DeadLetterPages(site: site, reader: reader).routes
            + nothing(site)
    }

    private static func nothing(_ site: PageSite) -> [Route] {
        ["{a}", "{a}/{b}", "{a}/{b}/{c}", "{a}/{b}/{c}/{d}"].map { rest in
            site.open(.get, "/app/" + rest) { call in
                guard let visit = try await site.visit(call) else { throw Problem.notFound }
                return await site.guarded(call, viewer: visit.viewer, csrf: visit.csrf) { throw Problem.notFound }
            }
        }
    }
}
