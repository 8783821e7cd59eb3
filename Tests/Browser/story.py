#!/usr/bin/env python3
"""The console's whole story in a real browser, against the simulator.

An operator creates a tenant; the tenant signs in, sets its number up, sees a customer's message arrive, sends a quote
link and sees it read; the token breaks, the settings say so, a new one is saved, and what waited goes out.
Pictures of each page go to `.run/screenshots`. Exit 1 says what was not as it should be.
"""
import argparse
import pathlib
import secrets
import sys

from playwright.sync_api import expect, sync_playwright

from pages import Watcher
from stage import Stage, wait_until

expect.set_options(timeout=20_000)
ROOT = pathlib.Path(__file__).resolve().parents[2]
NUMBER, ACCOUNT = "106540352249001", "102290129349001"
CUSTOMER = "4915123456789"
HOSTILE = "Ana <b>\"Müller\"</b>"


class Story:
    def __init__(self, stage, browser, watcher):
        self.stage, self.browser, self.watcher = stage, browser, watcher
        self.first_token, self.second_token = ("EAAB" + secrets.token_hex(30) for _ in range(2))
        watcher.secrets += [self.first_token, self.second_token]
        self.page = self.new_page()

    def new_page(self, **options):
        context = self.browser.new_context(
            base_url=self.stage.url, viewport={"width": 1440, "height": 900}, locale="en-GB",
            timezone_id="Europe/Berlin", **options)
        context.set_default_timeout(15_000)
        self.watcher.watch(context)
        return context.new_page()

    def play(self):
        for part in (
            self.operator_creates_a_tenant, self.tenant_signs_in, self.number_is_set_up, self.a_message_arrives,
            self.a_quote_link_is_read, self.the_token_breaks, self.it_is_repaired, self.it_works_without_script,
            self.operators_see_the_queues, self.others_see_nothing, self.no_token_was_written_down,
        ):
            print(f"  {part.__name__.replace('_', ' ')}", flush=True)
            part()

    def sign_in(self, page, key):
        page.goto("/app/sign-in")
        page.get_by_label("Key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    def shoot(self, name):
        self.watcher.shoot(self.page, name)

    def operator_creates_a_tenant(self):
        page = self.page
        page.goto("/app/queues")
        expect(page).to_have_url(f"{self.stage.url}/app/sign-in?next=%2Fapp%2Fqueues")
        self.shoot("sign-in")
        page.get_by_label("Key").fill("not the key")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        self.sign_in(page, self.stage.operator_key)
        page.get_by_role("link", name="Tenants", exact=True).click()
        if not page.get_by_label("Name of the business").is_visible():
            page.get_by_text("Create a tenant").click()
        page.get_by_label("Name of the business").fill("Harbour Windows & Doors")
        page.get_by_role("button", name="Create", exact=True).click()
        self.key = page.locator(".callout [data-copy]").input_value()
        self.shoot("tenants")
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()

    def tenant_signs_in(self):
        page = self.page
        self.sign_in(page, self.key)
        page.goto("/app/whatsapp/conversations")
        expect(page.get_by_role("heading", name="No conversations yet")).to_be_visible()
        self.shoot("conversations-empty")
        page.goto("/app/whatsapp/keys")
        expect(page.locator("tbody tr")).to_have_count(1)
        self.shoot("api-keys")
        page.goto("/app/whatsapp")
        expect(page.locator(".heading .chip")).to_have_text("Not set up")
        self.shoot("settings-new")

    def number_is_set_up(self):
        page = self.page
        self.stage.tell(
            "/simulator/numbers", id=NUMBER, token=self.first_token, waba_id=ACCOUNT, name="Harbour Windows",
            display_phone_number="1 555 078 3881")
        page.locator("[name=phone_number_id]").fill(NUMBER)
        page.locator("[name=waba_id]").fill(ACCOUNT)
        page.locator("[name=access_token]").fill("EAABwrong" + secrets.token_hex(20))
        page.locator("[name=default_body]").fill("Your quote is ready.")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("alert").first).to_be_visible()
        expect(page.locator("[name=phone_number_id]")).to_have_value(NUMBER)
        self.shoot("settings-refused")
        page.locator("[name=access_token]").fill(self.first_token)
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".heading .chip")).to_have_text("Active")
        expect(page.locator("#h-token")).to_contain_text(self.first_token[-4:])
        page.get_by_role("button", name="Test connection").click()
        expect(page.locator(".result.good")).to_contain_text("Harbour Windows")
        self.shoot("settings")

    def a_message_arrives(self):
        page = self.page
        page.goto("/app/whatsapp/conversations")
        page.evaluate("window.untouched = true")
        self.stage.tell(
            "/simulator/phone/messages", customer=CUSTOMER, name=HOSTILE, number=NUMBER,
            text="Hello! What would <i>three</i> new windows cost?")
        row = page.get_by_role("link", name=HOSTILE)
        expect(row).to_contain_text("<i>three</i> new windows")
        assert page.evaluate("window.untouched"), "the list was loaded anew instead of growing"
        self.shoot("conversations")
        row.click()
        expect(page.get_by_role("heading", name=HOSTILE)).to_be_visible()
        page.evaluate("window.untouched = true")
        self.stage.tell(
            "/simulator/phone/messages", customer=CUSTOMER, name=HOSTILE, number=NUMBER, text="They are 1.20 × 1.40 m.")
        expect(page.get_by_text("They are 1.20 × 1.40 m.")).to_be_visible()
        assert page.evaluate("window.untouched"), "the thread was loaded anew instead of growing"
        self.thread = page.url

    def a_quote_link_is_read(self):
        page = self.page
        page.get_by_label("Quote's number").fill("Q-1001")
        page.get_by_label("Link to the quote").fill("https://quotes.example.com/q/1001")
        page.get_by_role("textbox", name="Message", exact=True).fill("Your quote for three windows is ready, Ana.")
        page.get_by_role("button", name="Send quote link").click()
        bubble = page.locator(".message.ours", has_text="Your quote for three windows")
        expect(bubble.get_by_role("img", name="Delivered")).to_be_visible()
        sent = wait_until("the quote on the customer's phone", lambda: [
            line for line in self.stage.phone(NUMBER, CUSTOMER) if line.get("url") == "https://quotes.example.com/q/1001"])
        assert len(sent) == 1, f"the quote link arrived {len(sent)} times"
        self.stage.tell("/simulator/phone/read", wamid=sent[0]["wamid"])
        expect(bubble.get_by_role("img", name="Read")).to_be_visible()
        self.shoot("thread")

    def the_token_breaks(self):
        page = self.page
        self.stage.tell("/simulator/revoke", number=NUMBER)
        page.goto(self.thread)
        self.send_text(page, "We can start on Monday.")
        bubble = page.locator(".message.ours", has_text="We can start on Monday.")
        expect(bubble).to_be_visible()

        def paused():
            page.goto("/app/whatsapp")
            return page.locator(".heading .chip").inner_text().startswith("Paused")

        wait_until("the chip that says paused", paused)
        self.shoot("settings-paused")
        page.goto(self.thread)
        expect(bubble.get_by_role("img", name="Waiting to be sent")).to_be_visible()
        self.shoot("thread-paused")

    def it_is_repaired(self):
        page = self.page
        self.stage.tell(
            "/simulator/numbers", id=NUMBER, token=self.second_token, waba_id=ACCOUNT, name="Harbour Windows",
            display_phone_number="1 555 078 3881")
        page.goto("/app/whatsapp")
        page.locator("[name=access_token]").fill(self.second_token)
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".heading .chip")).to_have_text("Active")
        self.shoot("settings-repaired")
        page.goto(self.thread)
        bubble = page.locator(".message.ours", has_text="We can start on Monday.")
        expect(bubble.get_by_role("img", name="Delivered")).to_be_visible(timeout=30_000)
        arrived = [line for line in self.stage.phone(NUMBER, CUSTOMER) if line["text"] == "We can start on Monday."]
        assert len(arrived) == 1, f"what waited arrived {len(arrived)} times"

    def it_works_without_script(self):
        page = self.new_page(java_script_enabled=False)
        self.sign_in(page, self.key)
        page.goto(self.thread)
        self.send_text(page, "Sent without any script.")
        expect(page.locator(".message.ours", has_text="Sent without any script.")).to_be_visible()
        page.goto("/app/whatsapp/conversations")
        page.get_by_label("Find by number or name").fill("6789")
        page.get_by_role("button", name="Find").click()
        expect(page.locator(".conversation")).to_have_count(1)
        page.context.close()

    def send_text(self, page, text):
        page.locator("details", has=page.get_by_label("Text", exact=True)).locator("summary").click()
        page.get_by_label("Text", exact=True).fill(text)
        page.get_by_role("button", name="Send text").click()

    def operators_see_the_queues(self):
        self.page.get_by_role("button", name="Sign out").click()
        self.sign_in(self.page, self.stage.operator_key)
        self.page.goto("/app/queues")
        expect(self.page.get_by_role("heading", name="inbound")).to_be_visible()
        self.shoot("queues")
        self.page.goto("/app/queues/inbound/jobs?place=dead")
        self.shoot("jobs")
        self.page.goto("/app/queues/unrouted")
        self.shoot("unrouted")
        self.page.goto("/app/nothing-here")
        expect(self.page.locator("h1")).to_be_visible()
        self.shoot("error")

    def others_see_nothing(self):
        """The stage's own tenant may not read this one's thread, nor may a tenant see the operators' pages."""
        page = self.new_page()
        self.sign_in(page, self.stage.environment["TENANT_API_KEY"])
        for path, allowed in ((self.thread, {404}), (self.thread + "/fragment", {404}), ("/app/queues", {403, 404})):
            status = page.goto(path).status
            assert status in allowed, f"another tenant got {status} for {path}"
        page.context.close()

    def no_token_was_written_down(self):
        for where, content in self.stage.dumps():
            for token in (self.first_token, self.second_token):
                assert token.encode() not in content, f"{where} holds an access token"


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--products", default=str(ROOT / ".build/release"), help="where ingress, worker and Stage are")
    options.add_argument("--chromium", default="/usr/bin/chromium")
    options = options.parse_args()
    with Stage(str(ROOT), options.products) as stage, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        watcher = Watcher(stage.url, str(ROOT / ".run/screenshots"))
        story = Story(stage, browser, watcher)
        failure = None
        try:
            story.play()
        except Exception as error:  # pictures and notes of what came before are shown all the same
            failure = error
            story.page.screenshot(path=str(ROOT / ".run/screenshots/failure.png"), full_page=True)
        browser.close()
    for problem in dict.fromkeys(watcher.problems):
        print(f"  ! {problem}")
    if failure:
        print(f"  ! {type(failure).__name__}: {failure}")
    if failure or watcher.problems:
        sys.exit(1)
    print(f"The story went well. {watcher.pictures} pictures are in .run/screenshots.")


main()
