"""The screen of one document in a browser: what is asked, how few keys answer it, and what is kept of it."""

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from sample_portal import PASSWORD, Served, serving
from sample_screen import documents_for

from model.reading import PERSON, Evidence, Reading
from model.state import State
from store import documents, results
from store.engine import reading

AXE = Path(__file__).parent / "data" / "axe" / "axe-core-4.14.1.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Desk:
    """An operator at the screen: counts the keys and clicks."""

    def __init__(self, page: Page, served: Served, ids: dict[str, str]) -> None:
        self.page, self.served, self.ids, self.count = page, served, ids, 0

    def open(self, name: str) -> None:
        """Look at a document, with nothing pressed yet."""
        self.page.goto(f"{self.served.url}/review/{self.ids[name]}")
        self.page.wait_for_load_state()
        self.count = 0

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)
            self.count += 1

    def click(self, text: str, *, shift: bool = False) -> None:
        """Click on a word of the page."""
        self.page.locator("[data-words]").first.wait_for()
        x, y = self.place_of(text)
        self.page.mouse.move(x, y)
        expect(self.page.locator("rect.word")).to_have_count(1)
        if shift:
            self.page.keyboard.down("Shift")
        self.page.mouse.click(x, y)
        if shift:
            self.page.keyboard.up("Shift")
        self.count += 1

    def place_of(self, text: str) -> tuple[float, float]:
        """Return where the middle of a word is on the screen."""
        address = f"{self.page.url.split('?')[0].replace('/review/', '/documents/')}/pages/1/words.json"
        words = self.page.request.get(address).json()["words"]
        x0, top, x1, bottom = next(box for word, *box in words if word == text)
        sheet = self.page.locator(".sheet").first.bounding_box()
        assert sheet is not None
        return sheet["x"] + (x0 + x1) / 2 * sheet["width"], sheet["y"] + (top + bottom) / 2 * sheet["height"]

    def decided(self, name: str, state: State, keys: int) -> Reading:
        """Wait for the decision, see that it took so many keys, and return the reading that counts."""
        expect(self.page).to_have_url(re.compile(f"done={self.ids[name]}"))
        assert self.count == keys
        until = time.monotonic() + 120
        while True:  # what is decided is booked after the seconds in which it can be taken back
            with reading(self.served.app.engine) as conn:
                there, read = documents.get(conn, self.ids[name]).state, results.reading(conn, self.ids[name])
            if there is not State.EXTRACTED:
                break
            assert time.monotonic() < until
            time.sleep(0.1)
        assert there is state
        assert read is not None
        return read


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, dict[str, str]]]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        yield served, documents_for(served.app)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture(scope="module")
def context(browser: Browser, served: tuple[Served, dict[str, str]]) -> Iterator[BrowserContext]:
    made = browser.new_context(locale="de-DE", viewport={"width": 1280, "height": 900})
    made.set_default_timeout(60_000)
    page = made.new_page()
    page.goto(served[0].url)
    page.locator("[name=name]").fill("olga")
    page.locator("[name=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/review$"))
    page.close()
    yield made
    made.close()


@pytest.fixture
def desk(context: BrowserContext, served: tuple[Served, dict[str, str]]) -> Iterator[Desk]:
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda one: faults.append(one.text) if one.type == "error" else None)
    yield Desk(page, *served)
    page.close()
    assert faults == []


SCREENS = ("open", "model", "duplicate", "forged", "two")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_of_the_screen_can_be_used_by_everybody(desk: Desk, scheme: Literal["light", "dark"]) -> None:
    page = desk.page
    page.emulate_media(color_scheme=scheme)
    for name in SCREENS:
        desk.open(name)
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("tags => axe.run({ runOnly: tags })", TAGS)["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], name


def test_a_doubtful_value_that_was_right_takes_two_keys(desk: Desk) -> None:
    desk.open("doubt")
    expect(desk.page.locator("[data-approve]")).to_be_disabled()
    desk.press("a", "Enter", "a")
    read = desk.decided("doubt", State.APPROVED, 3)
    assert read.evidence["lines.0.quantity"].proof == (PERSON,)
    assert read.evidence["lines.0.quantity"].box is not None


def test_a_model_is_chosen_with_one_key_and_stays_chosen(desk: Desk) -> None:
    desk.open("model")
    assert desk.page.locator("input[type=radio]:checked").count() == 0
    expect(desk.page.locator(".choices label").first).to_contain_text("42,00")
    desk.press("1")
    expect(desk.page.locator("[data-approve]")).to_contain_text("42,00")
    desk.press("a")
    read = desk.decided("model", State.APPROVED, 2)
    assert read.said("lines.0.model") == "D785"
    with reading(desk.served.app.engine) as conn:
        judged = results.judgement(conn, desk.ids["model"])
    assert judged is not None
    assert [(unit.model, unit.quantity) for unit in judged.units] == [("D785", 3)]


def test_a_value_is_taken_from_the_page(desk: Desk) -> None:
    desk.open("number")
    desk.page.locator("input[name=number]").focus()
    desk.click("4711")
    desk.click("88", shift=True)
    expect(desk.page.locator("input[name=number]")).to_have_value("4711 88")
    desk.press("a")
    found = desk.decided("number", State.APPROVED, 3).evidence["number"]
    assert found.text == "4711 88"
    assert found.box is not None
    assert found.proof == (PERSON,)


def test_two_digits_are_typed_over(desk: Desk) -> None:
    desk.open("typed")
    desk.press("1", "2", "Enter")
    expect(desk.page.locator("[data-approve]")).to_contain_text("168,00")
    desk.press("a")
    read = desk.decided("typed", State.APPROVED, 4)
    assert read.invoice is not None
    assert read.invoice.lines[0].quantity == 12


def test_whoever_saw_the_sellers_identifier_says_so_with_one_key(desk: Desk) -> None:
    desk.open("unverified")
    expect(desk.page.locator(".question .snip")).to_have_count(2)
    desk.press("Enter", "a")
    assert desk.decided("unverified", State.APPROVED, 2).said("seller") == "acme"


def test_a_wrong_sum_is_mended_by_the_one_figure_that_heals_it(desk: Desk) -> None:
    desk.open("sum")
    expect(desk.page.locator("#heal")).to_contain_text("Position 7: Betrag 800.00 statt 860.00")
    expect(desk.page.locator(".sum.off")).to_have_count(2)
    desk.press("1")
    expect(desk.page.locator(".sum.off")).to_have_count(0)
    desk.press("a")
    read = desk.decided("sum", State.APPROVED, 2)
    assert read.proven("lines.0.quantity"), "the server checks all figures again"
    assert read.evidence["lines.0.quantity"].rung != PERSON


def test_a_duplicate_is_declined_beside_the_earlier_document(desk: Desk) -> None:
    desk.open("duplicate")
    page = desk.page
    expect(page.locator(".pairs .differs")).to_have_count(1)
    expect(page.locator(".pairs .differs")).to_contain_text(re.compile("RE-107.*RE-106"))
    expect(page.locator(".pairs .same[data-f='totals.gross']")).to_contain_text("357.00")
    earlier = page.locator(f".other-pages img[src*='{desk.ids['first']}']")
    expect(earlier).to_be_visible()
    page.keyboard.press("d")
    expect(earlier).to_be_hidden()
    page.keyboard.press("d")
    page.get_by_role("link", name="Nebeneinander").click()
    page.wait_for_url(f"**/compare/{desk.ids['first']}")
    expect(page.locator(".pairs .differs")).to_have_count(1)
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(f"/review/{desk.ids['duplicate']}$"))
    page.wait_for_load_state()
    desk.press("r", "Enter")
    desk.decided("duplicate", State.REJECTED, 2)


def test_what_a_file_hides_is_shown_beside_what_it_shows(desk: Desk) -> None:
    desk.open("forged")
    layer = desk.page.locator("#layers .layers")
    expect(layer).to_contain_text(re.compile(r"Datei sagt\s*900,00\s*Bild zeigt\s*nichts\s*XML sagt"))
    desk.press("r", "Enter")
    desk.decided("forged", State.REJECTED, 2)


def test_a_file_of_two_invoices_becomes_two_documents(desk: Desk) -> None:
    desk.open("two")
    expect(desk.page.locator("#split [data-proposed]")).to_have_value("2")
    expect(desk.page.locator("#split input:checked")).to_have_count(0)
    desk.press("p", "Enter")
    desk.decided("two", State.SUPERSEDED, 2)
    with reading(desk.served.app.engine) as conn:
        parts = [one for one in documents.latest(conn, "P1", limit=50) if one.predecessor == desk.ids["two"]]
    assert sorted(one.file_name for one in parts) == ["two-1.pdf", "two-2.pdf"]
    assert len({one.digest for one in parts}) == 2


def test_the_server_takes_no_approval_while_something_is_open(desk: Desk) -> None:
    client, session = desk.served.browser("olga", **{"Accept-Language": "en"})
    document = desk.ids["open"]
    with client, reading(desk.served.app.engine) as conn:
        form = {"csrf": session.csrf, "seen": str(documents.last_step(conn, document)), "outcome": "approved"}
        answer = client.post(f"/review/{document}/decide", data=form)
        assert answer.headers["location"].endswith("open=1")
        assert (
            "Bitte erst alle Fragen" in client.get(answer.headers["location"], headers={"Accept-Language": "de"}).text
        )
        assert documents.get(conn, document).state is State.REVIEW


def test_a_value_and_its_place_light_each_other_up(desk: Desk) -> None:
    desk.open("open")
    page = desk.page
    place, row = page.locator(".viewer rect[data-f='totals.net']"), page.locator("label[data-f='totals.net']")
    row.hover()
    expect(place).to_have_class(re.compile(r"\bon\b"))
    page.locator("h1").hover()
    expect(place).not_to_have_class(re.compile(r"\bon\b"))
    place.hover(force=True)
    expect(row).to_have_class(re.compile(r"\bon\b"))
    page.locator("input[name='totals.gross']").focus()
    expect(page.locator(".viewer rect[data-f='totals.gross']")).to_have_class(re.compile(r"\bon\b"))


def test_sums_follow_what_is_typed(desk: Desk) -> None:
    desk.open("open")
    page = desk.page
    page.locator("input[name='totals.vat']").fill("58,005")
    row, heal = page.locator("[data-sum=gross]"), page.locator("#heal")
    expect(row).to_contain_text("358.01")
    expect(row).to_contain_text("✕ Differenz -1.01")
    expect(heal).to_be_hidden()
    page.locator("input[name='totals.vat']").fill("57")
    page.locator("input[name='totals.net']").fill("1.300,00")
    expect(page.locator(".sum.off")).to_have_count(2)
    expect(heal).to_contain_text("Netto 300.00 statt 1.300,00")
    page.get_by_role("button", name="Übernehmen").click()
    expect(row).to_contain_text("✓")


def test_a_drawn_box_is_read_again(desk: Desk) -> None:
    desk.open("open")
    page = desk.page
    field = page.locator("input[name='totals.gross']")
    field.focus()
    page.keyboard.press("Escape")
    page.locator("[data-words]").first.wait_for()
    x, y = desk.place_of("357,00")
    field.fill("1")
    page.mouse.move(x - 26, y - 9)
    page.mouse.down()
    page.mouse.move(x + 26, y + 9, steps=4)
    page.mouse.up()
    expect(field).to_have_value("357.00")
    assert page.locator("[name='place.totals.gross']").input_value().startswith("[1,[")


def test_typing_offers_the_words_of_the_page(desk: Desk) -> None:
    desk.open("open")
    page = desk.page
    field = page.locator("input[name='buyer.name']")
    field.focus()
    page.locator("[data-words]").first.wait_for()
    field.fill("Bahn")
    expect(page.locator("#offers option")).to_have_attribute("value", "Bahnhofstr.")
    field.fill("Bahnhofstr.")
    assert "Bahnhofstr." in page.locator("[name='place.buyer.name']").input_value()


def test_keys_do_nothing_while_somebody_types(desk: Desk) -> None:
    desk.open("open")
    page = desk.page
    field = page.locator("input[name='buyer.name']")
    field.fill("")
    field.press_sequentially("aruchwmidt[]+-?190")
    expect(field).to_have_value("aruchwmidt[]+-?190")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("dialog#keys")).to_be_visible()
    page.keyboard.press("Escape")
    width = page.locator(".sheet").first.bounding_box()
    page.keyboard.press("-")
    page.keyboard.press("-")
    smaller = page.locator(".sheet").first.bounding_box()
    assert width is not None
    assert smaller is not None
    assert smaller["width"] < width["width"]
    page.keyboard.press("h")
    expect(page.locator(".history")).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator(".viewer")).to_have_class(re.compile("contrast"))


def test_words_and_their_places_are_for_operators(served: tuple[Served, dict[str, str]]) -> None:
    portal, ids = served
    address = f"/documents/{ids['open']}/pages/1/words.json"
    client, _ = portal.browser("olga")
    with client:
        answer = client.get(address)
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        told = answer.json()
        assert (told["width"], told["height"]) == (595, 842)
        word = next(one for one in told["words"] if one[0] == "53111")
        assert all(0 <= share <= 1 for share in word[1:])
        assert client.get(address).content == answer.content
        assert client.get(address.replace("/1/", "/2/")).status_code == 404
    partner, _ = portal.browser("anna")
    with partner:
        assert partner.get(address).status_code == 404


def test_what_a_form_cannot_say(served: tuple[Served, dict[str, str]]) -> None:
    portal, ids = served
    client, session = portal.browser("olga")
    with client, reading(portal.app.engine) as conn:
        form = {"csrf": session.csrf, "seen": str(documents.last_step(conn, ids["open"]))}
        for place in ("x", "[1]", '[1,[0,0,2,1],"x"]', '[0,[0,0,1,1],"x"]', "[" * 2000):
            answer = client.post(f"/review/{ids['open']}/correct", data=form | {"place.number": place})
            assert answer.status_code == 400, place
        answer = client.post(
            f"/review/{ids['open']}/correct", data=form | {"totals.net": "x"}, headers={"Accept": "application/json"}
        )
        assert (answer.status_code, answer.json()["field"]) == (422, "totals.net")
        for box in ("", "0,0,1", "0,0,0,0", "0,0,1,2", "a,b,c,d"):
            again = client.post(f"/review/{ids['open']}/reread", data=form | {"page": "1", "box": box})
            assert again.status_code == 400, box
        read = results.reading(conn, ids["open"])
    assert read is not None
    assert all(isinstance(one, Evidence) and PERSON not in one.proof for one in read.evidence.values())
