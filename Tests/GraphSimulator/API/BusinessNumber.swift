/// A business's WhatsApp number, as Meta knows it.
public struct BusinessNumber: Sendable, Equatable {
    public var phoneNumberID: String
    public var wabaID: String
    /// Digits without a plus sign, as in webhooks.
    public var displayPhoneNumber: String
    public var verifiedName: String
    /// What the Graph API accepts for this number.
    public var accessToken: String
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`
    public var qualityRating: String
    /// The names of the apps that get its account's webhooks.
    public var subscribedApps: [String]

    public init(
        phoneNumberID: String = "106540352242922", wabaID: String = "102290129340398",
        displayPhoneNumber: String = "15550783881", verifiedName: String = "Harbour Windows",
        accessToken: String = "EAAsimulated-token", qualityRating: String = "GREEN",
        subscribedApps: [String] = ["Simulated app"]
    ) {
        self.phoneNumberID = phoneNumberID
        self.wabaID = wabaID
        self.displayPhoneNumber = displayPhoneNumber
        self.verifiedName = verifiedName
        self.accessToken = accessToken
        self.qualityRating = qualityRating
        self.subscribedApps = subscribedApps
    }
}
