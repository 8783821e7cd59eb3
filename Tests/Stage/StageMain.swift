@main struct StageMain { static func main() {} }
