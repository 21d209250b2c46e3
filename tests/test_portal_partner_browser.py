"""Pages of an invoice joined in a browser, and what partners and operators say to each other there."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Request, Route, expect
from sample_browser import DESK, PHONE, chosen, launched, shot, sign_in, usable, watched
from sample_pages import INVOICE, encoded, gray
from sample_portal import Served, serving
from sample_uploads import DAY, invoice

from store import documents, messages
from store.engine import reading
from workers import steps

TOP = gray([text for text in INVOICE if text[1] < 230], 150)
REST = gray([(x, y - 180, text) for x, y, text in INVOICE if y > 230], 150)
PAGES = ("IMG_2.jpg", encoded(REST, "JPEG")), ("IMG_1.jpg", encoded(TOP, "JPEG"))
"""The two pages of one invoice, the second one first."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        app = served.app
        for place, name in enumerate(("ONE", "TWO", "THREE"), 1):
            for file in (f"{name}.xml", f"copy-{name}.xml"):
                data = invoice(f"R-{name}", phones=place, day=place)
                steps.run(app, steps.accept(app, data, file, "P1", DAY).id)
            for which in ("FIRST", "HELD"):
                data = invoice(f"{which}-{name}", phones=place + len(which), day=place, serial=f"00041300{place}")
                steps.run(app, steps.accept(app, data, f"{which}.xml", "P1", DAY).id)
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as browser:
        yield browser


def test_photos_are_joined_in_order_and_sent_again_as_the_same_document(browser: Browser, served: Served) -> None:
    keys: list[str] = []

    def cut(route: Route, request: Request) -> None:
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            route.abort()
        else:
            route.continue_()

    with watched(browser, served) as context:
        page = sign_in(context, served)
        page.route("**/documents?csrf=*", cut)
        page.locator("#upload input[name=file]").set_input_files(chosen(*PAGES))
        tray = page.locator("#tray")
        expect(tray.locator("li")).to_have_count(2)
        expect(page.locator("#tray-heading")).to_be_focused()
        assert usable(page)
        shot(page, "joining-desk")
        page.get_by_role("button", name="IMG_1.jpg eine Seite nach vorn").click()
        expect(tray.locator("li").first).to_contain_text("IMG_1.jpg")
        expect(tray.locator("[role=status]")).to_have_text("IMG_1.jpg ist jetzt Seite 1.")
        expect(page.get_by_role("button", name="IMG_1.jpg eine Seite nach hinten")).to_be_focused()
        page.get_by_role("button", name="Als eine Rechnung senden (2 Seiten)").click()
        expect(tray).to_be_hidden()
        expect(page.locator("#sending")).to_contain_text("IMG_1.jpg und 1 weitere")
        expect(page.locator("#sending")).to_contain_text("kam nicht vollständig an")
        page.get_by_role("button", name="Erneut senden").click()
        expect(page.locator("#list li").first).to_contain_text("RG-2026-77", timeout=90_000)
        page.locator("#list a").first.click()
        expect(page.locator("tbody tr")).to_have_count(2)
    assert len(keys) == 2
    assert len(set(keys)) == 1
    with reading(served.app.engine) as conn:
        (made,) = documents.latest(conn, "P1", limit=1)
    assert (made.file_name, made.page_count) == ("IMG_1.jpg", 2)


def test_photos_are_looked_at_on_a_phone_before_they_are_sent(browser: Browser, served: Served) -> None:
    blurred = encoded(np.asarray(Image.fromarray(TOP).filter(ImageFilter.GaussianBlur(14))), "JPEG")
    small = encoded(gray(INVOICE, 80), "JPEG")
    with watched(browser, served, PHONE) as context:
        page = sign_in(context, served)
        tray, camera = page.locator("#tray"), page.locator("#camera")
        first = page.locator(".drop .pick label").first
        expect(first).to_have_text("Fotografieren")
        expect(first).to_be_visible()
        camera.set_input_files(chosen(PAGES[1]))
        expect(tray.locator("li")).to_have_count(1)
        expect(tray.get_by_role("button", name="Senden", exact=True)).to_be_visible()
        camera.set_input_files(chosen(("dim.jpg", blurred)))
        expect(tray.locator("li").nth(1)).to_contain_text("dim.jpg wirkt unscharf.")
        expect(tray.get_by_role("button", name="Trotzdem als eine Rechnung senden (2 Seiten)")).to_be_visible()
        assert usable(page)
        shot(page, "joining-phone")
        page.get_by_role("button", name="dim.jpg weglassen").click()
        expect(tray.locator("li")).to_have_count(1)
        page.get_by_role("button", name="Verwerfen").click()
        expect(tray).to_be_hidden()
        page.locator("#upload input[name=file]").set_input_files(chosen(("small.jpg", small)))
        sending = page.locator("#sending")
        expect(sending).to_contain_text("small.jpg ist klein: auf der kurzen Seite nur 662 Pixel. Trotzdem senden?")
        assert usable(page)
        shot(page, "looked-at-phone")
        page.get_by_role("button", name="Nicht senden").click()
        expect(sending.locator("li")).to_have_count(0)
        page.route("**/documents?csrf=*", lambda route: route.abort())
        page.locator("#upload input[name=file]").set_input_files(chosen(("small.jpg", small)))
        page.get_by_role("button", name="Ja, senden").click()
        expect(sending).to_contain_text("small.jpg kam nicht vollständig an")


@pytest.mark.parametrize(
    ("name", "size", "script"), [("ONE", DESK, True), ("TWO", PHONE, True), ("THREE", PHONE, False)]
)
def test_a_rejection_is_appealed_and_replaced(
    browser: Browser, served: Served, name: str, size: tuple[int, int], *, script: bool
) -> None:
    with watched(browser, served, size, script=script, dark=size == PHONE) as context:
        page = sign_in(context, served)
        page.locator("li", has_text=f"R-{name}").filter(has_text="abgelehnt").locator("a").first.click()
        page.get_by_text("Einspruch mit Begründung").click()
        page.get_by_label("Warum ist die Ablehnung falsch?").fill("Das ist eine zweite Lieferung, siehe Lieferschein.")
        if script:
            assert usable(page)
        shot(page, f"appeal-{size[0]}-{script}")
        page.get_by_role("button", name="Einspruch einlegen").click()
        page.wait_for_url(re.compile("#said$"))
        expect(page.locator("#list .state")).to_have_text("Einspruch läuft")
        expect(page.locator("ol.said")).to_contain_text("zweite Lieferung")
        if script:
            assert usable(page)
        shot(page, f"appealed-{size[0]}-{script}")
        page.get_by_text("Andere Rechnung einreichen").click()
        page.get_by_label("Datei, oder Fotos der Seiten").set_input_files(chosen((f"{name}.xml", invoice(f"N-{name}"))))
        page.get_by_role("button", name="Einreichen", exact=True).click()
        expect(page.locator("main")).to_contain_text(f"{name}.xml")
        page.go_back()
        page.reload()
        expect(page.locator("main")).to_contain_text("durch einen anderen Upload ersetzt")


def test_without_script_photos_are_joined_by_a_form(browser: Browser, served: Served) -> None:
    with watched(browser, served, PHONE, script=False) as context:
        page = sign_in(context, served)
        expect(page.get_by_text("Fotografieren", exact=True)).to_be_hidden()
        tiny = [(f"{number}.png", encoded(gray([], 20 + number))) for number in (1, 2)]
        page.get_by_label("Oder mehrere Fotos, als Seiten einer Rechnung").set_input_files(chosen(*tiny))
        assert page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        shot(page, "plain-form")
        page.locator(".plain-pages button").click()
        page.wait_for_url(re.compile("/invoices/[0-9a-z]{20}$"))
        expect(page.locator("main")).to_contain_text("1.png")


def test_an_operator_asks_with_three_keys_and_the_partner_answers(browser: Browser, served: Served) -> None:
    with watched(browser, served, language="en-GB") as context:
        operator = sign_in(context, served, "olga")
        operator.locator("#walk a", has_text="HELD-ONE").click()
        operator.wait_for_url(re.compile("/review/"))
        operator.wait_for_load_state()
        operator.keyboard.press("e")
        expect(operator.locator("#asking input").nth(1)).to_be_focused()
        operator.keyboard.press("4")
        assert usable(operator)
        shot(operator, "asking")
        operator.keyboard.press("Enter")
        expect(operator.locator(".said")).to_contain_text("Which distributor did you buy the devices from?")
        document_id = operator.url.rpartition("/")[2]
        operator.get_by_role("button", name="Keys off").click()
        operator.wait_for_load_state()
        operator.keyboard.press("e")
        expect(operator.locator("#asking form")).to_be_hidden()
        with watched(browser, served, PHONE, "en-GB") as phone:
            page = sign_in(phone, served)
            page.locator("li", has_text="HELD-ONE").filter(has_text="question for you").locator("a").first.click()
            expect(page.locator("#question")).to_contain_text("Which distributor did you buy the devices from?")
            assert usable(page)
            shot(page, "question-phone")
            page.get_by_label("Your answer").fill("ACME, of course.")
            page.get_by_role("button", name="Answer").click()
            expect(page.locator("#list .state")).to_have_text("in manual review")
            assert usable(page)
            shot(page, "answered-phone")
        operator.reload()
        expect(operator.locator(".said")).to_contain_text("ACME, of course.")
        shot(operator, "answered-operator")
    with reading(served.app.engine) as conn:
        assert [one.kind for one in messages.of(conn, document_id)] == ["question", "answer"]
