import Foundation
import Testing

@testable import ConsolePages

@Suite struct ConsolePagesTests {
    let samples: PageSamples

    init() throws {
        samples = PageSamples(pages: try ConsolePages())
        // To look at them in a browser: PAGE_SAMPLES names a folder.
        guard let folder = ProcessInfo.processInfo.environment["PAGE_SAMPLES"] else { return }
        for (name, html) in samples.all {
            try Data(html.utf8).write(to: URL(filePath: "\(folder)/\(name).html"))
        }
        for asset in ConsoleAssets.all {
            let file = URL(filePath: folder + asset.path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(asset.body.utf8).write(to: file)
        }
    }

    @Test func everyPageIsWholeAndBalanced() throws {
        for (name, html) in samples.all {
            #expect(!html.contains("{{"), "\(name) has template text left")
            #expect(MarkupReader(html).problems == [], "\(name)")
            if !name.hasSuffix("fragment") {
                #expect(html.hasPrefix("<!doctype html>"), "\(name)")
                #expect(html.components(separatedBy: "<h1").count == 2, "\(name) has one main heading")
            }
        }
    }

    /// By which the browser knows whose drafts it has: names need not differ.
    @Test func pagesSayWhoLooksAtThem() {
        for (pages, who) in [(samples.settings, "tenant 1"), (samples.operators, "operator")] {
            for (name, html) in pages where !name.hasSuffix("fragment") {
                #expect(html.contains("data-who=\"\(who)\""), "\(name)")
            }
        }
        #expect(samples.signIn.contains { !$0.html.contains("data-who") })
    }

    /// A strict content security policy refuses these; so do we, before a browser does.
    @Test func noPageHasScriptOrStyleInIt() {
        for (name, html) in samples.all {
            for tag in MarkupReader(html).tags {
                #expect(tag.attributes["style"] == nil, "\(name): \(tag)")
                #expect(tag.name != "style", "\(name)")
                #expect(tag.attributes.keys.allSatisfy { !$0.hasPrefix("on") }, "\(name): \(tag)")
                if tag.name == "script", !tag.isClosing {
                    #expect(tag.attributes["src"]?.hasPrefix("/app/assets/") == true, "\(name)")
                }
                for link in ["href", "src", "action"] {
                    let target = tag.attributes[link] ?? "/"
                    #expect(
                        target.hasPrefix("/") || target.hasPrefix("#") || target.hasPrefix("https://"),
                        "\(name): \(target)")
                }
            }
        }
    }

    @Test func everyPostCarriesTheToken() {
        for (name, html) in samples.all {
            let forms = html.components(separatedBy: "<form").dropFirst()
            for form in forms where form.contains("method=\"post\"") {
                let body = form.components(separatedBy: "</form>")[0]
                #expect(body.contains("name=\"csrf\" value=\"csrf"), "\(name): \(body.prefix(120))")
            }
        }
    }

    @Test func everyFieldHasALabel() {
        for (name, html) in samples.all {
            for piece in html.components(separatedBy: "<input").dropFirst() {
                let tag = piece.components(separatedBy: ">")[0]
                if tag.contains("type=\"hidden\"") || tag.contains(" hidden") { continue }
                let before = html[..<(html.range(of: "<input" + tag)?.lowerBound ?? html.startIndex)]
                let inLabel =
                    before.components(separatedBy: "<label").count > before.components(separatedBy: "</label>").count
                let isNamed =
                    tag.contains("aria-label=")
                    || (tag.range(of: "id=\"").map { start in
                        html.contains("for=\"" + tag[start.upperBound...].prefix { $0 != "\"" } + "\"")
                    } ?? false)
                #expect(inLabel || isNamed, "\(name): \(tag)")
            }
        }
    }

    /// The last one is what the template library alone lets through: a quotation mark under an accent.
    @Test(arguments: [
        "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onclick='alert(1)", "{{csrf}}{{{csrf}}}",
        "&lt;b&gt;", "\"\u{301} onfocus=alert(1) x=", "<\u{338}svg onload=alert(1)>", "</textarea><script>",
        "]]>--><b>",
    ])
    func hostileTextStaysText(text: String) throws {
        let plain = PageSamples(pages: samples.pages, mark: "plain").all
        let hostile = PageSamples(pages: samples.pages, mark: text).all
        for (expected, found) in zip(plain, hostile) {
            let calm = MarkupReader(expected.html)
            let attacked = MarkupReader(found.html)
            #expect(attacked.problems == [], "\(found.name)")
            let difference = zip(attacked.shape, calm.shape).first { $0.0 != $0.1 }
            #expect(difference == nil && attacked.shape.count == calm.shape.count, "\(found.name)")
        }
    }

    @Test func linksThatRunCodeAreNotLinks() {
        let html = samples.pages.thread(samples.thread, in: samples.tenant)
        #expect(!html.contains("href=\"javascript:"))
        #expect(html.contains("javascript:alert(1)"))
    }

    @Test func aDeletedMessageShowsNothingOfItself() {
        #expect(!samples.pages.thread(samples.thread, in: samples.tenant).contains("secret words"))
    }

    @Test func eachFileHasAPathOfItsContent() {
        let paths = ConsoleAssets.all.map(\.path)
        #expect(Set(paths).count == 3)
        #expect(paths.allSatisfy { $0.hasPrefix("/app/assets/") })
        #expect(!ConsoleAssets.script.body.contains("innerHTML"))
        #expect(!ConsoleAssets.styles.body.contains("url("))
    }

    @Test func aThreadOfAHundredMessagesTakesMilliseconds() {
        var page = samples.thread
        page.messages = (0..<100).map { index in
            var message = page.messages[index % page.messages.count]
            message.id = "m\(index)"
            return message
        }
        let clock = ContinuousClock()
        let best = (0..<5).map { _ in clock.measure { _ = samples.pages.thread(page, in: samples.tenant) } }.min()
        // Unoptimised builds are some ten times slower than what runs.
        #expect((best ?? .seconds(9)) < .milliseconds(500))
        print("thread of 100 messages:", best ?? .zero)
    }
}
