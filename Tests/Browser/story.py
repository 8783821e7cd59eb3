#!/usr/bin/env python3
"""The console's whole story in a real browser, against the simulator.

An operator creates a tenant; the tenant signs in, sets its number up, sees a customer's message arrive, sends a quote
link and sees it read; a send fails and goes out again; the token breaks, the settings say so, a new one is saved, and
what waited goes out. Operators look after lanes and dead jobs.
Pictures of each page go to `.run/screenshots`, and each look is checked for what keeps people from using it.
Exit 1 says what was not as it should be.
"""
import argparse
import base64
import hashlib
import pathlib
import secrets
import struct
import sys
import time
import urllib.parse
import zlib

from playwright.sync_api import expect, sync_playwright

from pages import Watcher
from stage import Stage, wait_until

expect.set_options(timeout=20_000)
ROOT = pathlib.Path(__file__).resolve().parents[2]
NUMBER, ACCOUNT = "106540352249001", "102290129349001"
CUSTOMER = "4915123456789"
NAME = "Ana Müller"
HOSTILE = "Bob <b>\"Tables\"</b>"
OTHERS = [
    ("16505550101", "Jonas Weber", "Could you also do the kitchen door?"),
    ("972501234567", "עמית כהן", "מתי תוכלו להתחיל?"),
    ("16505550103", "Workshop of a customer with quite a long name GmbH & Co. KG", "Thank you for the quote!"),
    ("16505550104", "Priya", "👍"),
    ("16505550105", HOSTILE, "What about <i>this</i> one?"),
]


def picture(width, height):
    """A PNG file: a sunset."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(
        b"\0" + b"".join(bytes((200 + y * 50 // height, 120 + x * 60 // width, 90)) for x in range(width))
        for y in range(height))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Story:
    def __init__(self, stage, browser, watcher):
        self.stage, self.browser, self.watcher = stage, browser, watcher
        self.first_token, self.second_token = ("EAAB" + secrets.token_hex(30) for _ in range(2))
        watcher.secrets += [self.first_token, self.second_token]
        self.page = self.new_page()
        self.staff = self.new_page()

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
            self.a_photo_arrives, self.a_quote_link_is_read, self.a_session_ends_while_somebody_types, self.a_send_fails_and_goes_again, self.the_token_breaks,
            self.operators_see_the_paused_lane, self.it_is_repaired, self.it_works_without_script,
            self.operators_send_somebody_over, self.operators_clear_dead_jobs, self.others_see_nothing,
            self.no_token_was_written_down,
        ):
            print(f"  {part.__name__.replace('_', ' ')}", flush=True)
            part()

    def sign_in(self, page, key):
        page.goto("/app/sign-in")
        page.get_by_label("Key").fill(key)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()

    def shoot(self, name, page=None):
        self.watcher.shoot(page or self.page, name)

    def number(self, token, apps):
        """What Meta knows of the number from now on."""
        self.stage.tell(
            "/simulator/numbers", id=NUMBER, token=token, waba_id=ACCOUNT, name="Harbour Windows",
            display_phone_number="1 555-078-3881", subscribed_apps=apps)

    def operator_creates_a_tenant(self):
        page = self.staff
        page.goto("/app/queues")
        expect(page).to_have_url(f"{self.stage.url}/app/sign-in?next=%2Fapp%2Fqueues")
        self.shoot("sign-in", page)
        page.get_by_label("Key").fill("not the key")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert")).to_be_visible()
        self.shoot("sign-in-refused", page)
        self.sign_in(page, self.stage.operator_key)
        page.get_by_role("link", name="Tenants", exact=True).click()
        if not page.get_by_label("Name of the business").is_visible():
            page.get_by_text("Create a tenant").click()
        page.get_by_label("Name of the business").fill("Harbour Windows & Doors")
        page.get_by_role("button", name="Create", exact=True).click()
        self.key = page.locator(".callout [data-copy]").input_value()
        self.shoot("tenants", page)

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
        self.number(self.first_token, [])
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
        expect(page.locator(".steps .advice")).to_contain_text("No app is subscribed")
        self.shoot("settings-not-subscribed")
        self.number(self.first_token, ["Harbour's app"])
        page.get_by_role("button", name="Test connection").click()
        expect(page.locator(".steps")).to_contain_text("Harbour's app")
        self.shoot("settings")
        page.get_by_role("link", name="Disconnect this number").click()
        expect(page.get_by_role("heading", name="Remove this number?")).to_be_visible()
        self.shoot("confirmation")

    def a_message_arrives(self):
        page = self.page
        page.goto("/app/whatsapp/conversations")
        for customer, name, text in OTHERS:
            self.stage.tell("/simulator/phone/messages", customer=customer, name=name, number=NUMBER, text=text)
        expect(page.locator(".conversation")).to_have_count(len(OTHERS))
        page.evaluate("window.untouched = true")
        self.stage.tell(
            "/simulator/phone/messages", customer=CUSTOMER, name=NAME, number=NUMBER,
            text="Hello! What would three new windows cost?")
        row = page.get_by_role("link", name=NAME)
        expect(row).to_contain_text("three new windows")
        expect(page.get_by_role("link", name=HOSTILE)).to_contain_text("What about <i>this</i> one?")
        assert page.evaluate("window.untouched"), "the list was loaded anew instead of growing"
        self.shoot("conversations")
        row.click()
        expect(page.get_by_role("heading", name=NAME)).to_be_visible()
        page.evaluate("window.untouched = true")
        self.stage.tell(
            "/simulator/phone/messages", customer=CUSTOMER, name=NAME, number=NUMBER, text="They are 1.20 × 1.40 m.")
        expect(page.get_by_text("They are 1.20 × 1.40 m.")).to_be_visible()
        assert page.evaluate("window.untouched"), "the thread was loaded anew instead of growing"
        self.thread = page.url

    def a_photo_arrives(self):
        page = self.page
        self.stage.tell(
            "/simulator/phone/media", customer=CUSTOMER, name=HOSTILE, number=NUMBER, mime_type="image/png",
            data=base64.b64encode(picture(240, 180)).decode(), caption="One of the old ones")
        photo = page.locator(".message", has_text="One of the old ones").locator("img")
        expect(photo).to_be_visible()
        wait_until("the photo to be drawn", lambda: photo.evaluate("image => image.naturalWidth") == 240)
        self.stage.tell(
            "/simulator/phone/media", customer=CUSTOMER, name=HOSTILE, number=NUMBER, mime_type="application/pdf",
            data=base64.b64encode(b"%PDF-1.4 a plan").decode(), filename="plan of <b>the</b> house.pdf")
        expect(page.get_by_role("link", name="plan of <b>the</b> house.pdf")).to_be_visible()
        self.shoot("thread-photo")

    def a_quote_link_is_read(self):
        page = self.page
        page.get_by_label("Quote number").fill("Q-1001")
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
        self.stage.tell(
            "/simulator/phone/messages", customer=CUSTOMER, name=NAME, number=NUMBER,
            text="Looks good! When could you start?", replies_to=sent[0]["wamid"])
        expect(page.locator(".message .reply")).to_contain_text("Your quote for three windows")
        self.shoot("thread")

    def a_session_ends_while_somebody_types(self):
        page, words = self.page, "The handles would be the brass ones."

        def end_session():
            token = next(c["value"] for c in page.context.cookies() if c["name"] == "quoteline_session")
            self.stage.redis("del", f"wa:auth:session:{hashlib.sha256(token.encode()).hexdigest()}")

        def sign_in_again(path):
            expect(page).to_have_url(f"{self.stage.url}/app/sign-in?next={urllib.parse.quote(path, safe='')}")
            page.get_by_label("Key").fill(self.key)
            page.get_by_role("button", name="Sign in").click()
            expect(page).to_have_url(self.stage.url + path)
            expect(page.get_by_role("status")).to_contain_text("still here")

        thread = urllib.parse.urlparse(self.thread).path
        page.goto(self.thread)
        page.locator("details", has=page.get_by_label("Text", exact=True)).locator("summary").click()
        page.get_by_label("Text", exact=True).fill(words)
        end_session()  # and the page finds out by itself, as it looks for new messages
        sign_in_again(thread)
        expect(page.get_by_label("Text", exact=True)).to_have_value(words)
        end_session()
        page.get_by_role("button", name="Send text").click()
        sign_in_again(thread)
        self.shoot("thread-kept")
        expect(page.get_by_label("Text", exact=True)).to_have_value(words)
        page.get_by_role("button", name="Send text").click()
        expect(page.locator(".message.ours", has_text=words)).to_have_count(1)
        page.goto(self.thread)
        assert page.get_by_label("Text", exact=True).input_value() == "", "what was sent is offered again"
        page.goto("/app/whatsapp")
        page.locator("[name=default_body]").fill("Your quote waits for you.")
        page.locator("[name=access_token]").fill(self.first_token)
        end_session()
        page.get_by_role("button", name="Save").click()
        sign_in_again("/app/whatsapp")
        expect(page.locator("[name=default_body]")).to_have_value("Your quote waits for you.")
        expect(page.locator("[name=access_token]")).to_have_value("")
        kept = page.evaluate("JSON.stringify(sessionStorage)")
        assert "waits for you" in kept and self.first_token not in kept, kept
        end_session()
        self.sign_in(page, self.stage.operator_key)  # somebody else, in the same tab
        kept = page.evaluate("JSON.stringify(sessionStorage)")
        assert "waits for you" not in kept, kept
        end_session()
        self.sign_in(page, self.key)
        page.goto("/app/whatsapp")
        expect(page.locator("[name=default_body]")).not_to_have_value("Your quote waits for you.")
        page.goto(self.thread)

    def a_send_fails_and_goes_again(self):
        page = self.page
        self.stage.tell("/simulator/script", effect="refuse", code=131026, recipient=CUSTOMER, times=1)
        self.send_text(page, "In the second week of March.")
        failed = page.locator(".message.ours", has_text="In the second week of March.")
        expect(failed.locator(".trouble")).to_contain_text("WhatsApp")
        self.shoot("thread-failed")
        failed.get_by_role("button", name="Send again").click()
        expect(failed).to_have_count(2)
        expect(failed.last.get_by_role("img", name="Delivered")).to_be_visible()
        expect(failed.first.get_by_role("button", name="Send again")).to_have_count(0)
        self.shoot("thread-sent-again")
        failed.first.get_by_role("link").click()
        assert page.url.split("#")[1] == failed.last.get_attribute("id"), page.url

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

    def operators_see_the_paused_lane(self):
        page = self.staff
        for path, name in (("/app/queues", "queues-paused"), ("/app/queues/lanes", "lanes")):
            page.goto(path)
            lane = page.get_by_role("row", name=NUMBER)
            expect(lane).to_contain_text("Paused")
            expect(lane).to_contain_text("Harbour Windows & Doors")
            self.shoot(name, page)

    def it_is_repaired(self):
        page = self.page
        self.number(self.second_token, ["Harbour's app"])
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

    def operators_send_somebody_over(self):
        self.staff.goto("/app/queues/tenants")
        self.staff.get_by_role("button", name="Sign-in link for Harbour Windows & Doors").click()
        link = self.staff.locator(".callout [data-copy]").input_value()
        guest = self.new_page()
        guest.goto(link)
        self.shoot("sign-in-link", guest)
        guest.get_by_role("button", name="Continue").click()
        expect(guest.get_by_role("heading", name="Conversations")).to_be_visible()
        guest.goto(link)
        guest.get_by_role("button", name="Continue").click()
        expect(guest.get_by_role("alert")).to_contain_text("used before")
        guest.context.close()

    def operators_clear_dead_jobs(self):
        page = self.staff
        now = int(time.time() * 1000)
        for number in range(3):
            self.stage.redis(
                "lpush", "wa:{inbound}:ready", '{"v":1,"id":"01STORY%d","type":"webhook","received_at":%d,"attempt":0,'
                '"crashes":0,"payload":{"text":"cut off in the mid}' % (number, now))
        page.goto("/app/queues")
        inbound = page.locator("#queue-inbound")
        expect(inbound.locator(".groups")).to_contain_text("3 ×")
        self.shoot("queues", page)
        inbound.locator(".groups a").first.click()
        expect(page.locator("tbody tr")).to_have_count(3)
        self.shoot("jobs", page)
        page.locator("tbody a").first.click()
        expect(page.get_by_role("heading", name="Envelope")).to_be_visible()
        self.shoot("job", page)
        page.get_by_role("link", name="Replay…").click()
        expect(page.get_by_role("button", name="Replay 1 job")).to_be_visible()
        self.shoot("replay", page)
        page.goto("/app/queues")
        page.get_by_role("link", name="Discard jobs that died of").first.click()
        page.get_by_label("Why").fill("cut off by a test")
        self.shoot("discard", page)
        page.get_by_role("button", name="Discard 3 jobs").click()
        expect(page.get_by_role("status")).to_contain_text("archive")
        page.goto("/app/queues/inbound/jobs?place=dead")
        expect(page.get_by_role("heading", name="Nothing here")).to_be_visible()
        self.shoot("jobs-none", page)
        page.goto("/app/queues/unrouted")
        self.shoot("unrouted", page)
        page.goto("/app/nothing-here")
        expect(page.locator("h1")).to_be_visible()
        self.shoot("error", page)

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
            for name, page in (("failure", story.page), ("failure-operators", story.staff)):
                page.screenshot(path=str(ROOT / f".run/screenshots/{name}.png"), full_page=True)
        browser.close()
    for problem in dict.fromkeys(watcher.problems):
        print(f"  ! {problem}")
    if failure:
        print(f"  ! {type(failure).__name__}: {failure}")
    if failure or watcher.problems:
        sys.exit(1)
    print(f"The story went well. {watcher.pictures} pictures are in .run/screenshots; "
          f"{watcher.checked} looks passed the check for WCAG A and AA.")


main()
