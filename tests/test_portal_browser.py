"""The pages of the portal in a browser, Debian's chromium: what people see, press and are told."""

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Dialog,
    FilePayload,
    Page,
    Request,
    Route,
    expect,
    sync_playwright,
)
from sample_pages import INVOICE, gray, scanned
from sample_portal import PASSWORD, Served, serving
from sample_uploads import DAY, invoice

from portal import pages
from store import documents
from store.engine import reading
from store.integrity import check
from workers import steps

AXE = Path(__file__).parent / "data" / "axe" / "axe-core-4.14.1.min.js"
PHONE, DESK = (360, 740), (1280, 900)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
BEYOND = """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth ? [] :
    [...document.querySelectorAll("body *")].filter(one => one.getBoundingClientRect().right > innerWidth)
    .map(one => one.outerHTML.slice(0, 80))"""
"""What stands out on the right of a page that scrolls sideways."""
SHOTS = os.environ.get("SHOTS")
"""A folder for pictures of what is tested; None: none are taken."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        app = served.app
        for number in (1, 2):
            data = invoice(f"RE-{number}", phones=number, day=number)
            steps.run(app, steps.accept(app, data, f"Rechnung {number}.xml", "P1", DAY).id)
        copy = invoice("RE-1", phones=1, day=1)
        steps.run(app, steps.accept(app, copy, "copy.xml", "P1", DAY).id)
        hostile = invoice(
            escape("<script>alert(1)</script>"), phones=4, day=4, note=escape("<img src=x onerror=alert(2)>")
        )
        steps.run(app, steps.accept(app, hostile, '"><script>alert(3)</script>\u202e.xml', "P1", DAY).id)
        for number, name in enumerate(("one", "two", "three"), 1):
            # The first of each pair is approved; the second claims the same device again and is held.
            for which, place in (("FIRST", 0), ("PAIR", 1)):
                data = invoice(
                    f"{which}-{name}", phones=5 + place, day=2 * number + 30 + place, serial=f"00041300{number}"
                )
                steps.run(app, steps.accept(app, data, f"{which}-{name}.xml", "P1", DAY).id)
        steps.run(app, steps.accept(app, scanned(gray(INVOICE, 150)), "scan.pdf", "P1", DAY).id)
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def context(browser: Browser, served: Served, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """Give a browser in German, or as `request.param` says, in which nothing may go wrong unnoticed."""
    chosen: tuple[tuple[int, int], str, Any, bool] = getattr(request, "param", (DESK, "de-DE", "light", True))
    size, language, scheme, script = chosen
    made = browser.new_context(
        locale=language,
        color_scheme=scheme,
        java_script_enabled=script,
        viewport={"width": size[0], "height": size[1]},
    )
    made.set_default_timeout(15_000)
    faults: list[str] = []

    def said(message: ConsoleMessage) -> None:
        # That an answer was a refusal is said there too, and tested elsewhere.
        if message.type in {"error", "warning"} and "status of 4" not in message.text:
            faults.append(message.text)

    def asked(dialog: Dialog) -> None:
        faults.append(dialog.message)
        dialog.dismiss()

    def requested(one: Request) -> None:
        if not one.url.startswith(served.url):
            faults.append(one.url)

    made.on("console", said)
    made.on("weberror", lambda error: faults.append(str(error.error)))
    made.on("dialog", asked)
    made.on("request", requested)
    yield made
    made.close()
    assert faults == []


def _sign_in(context: BrowserContext, served: Served, name: str = "anna") -> Page:
    page = context.new_page()
    page.goto(served.url)
    page.get_by_label(re.compile("^Name")).fill(name)
    page.get_by_label(re.compile("^(Kennwort|Password)")).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/(invoices|review)$"))
    return page


def _choose(page: Page, *files: tuple[str, bytes]) -> None:
    """Choose files with the button, as a person does."""
    chosen = [FilePayload(name=name, mimeType="application/octet-stream", buffer=data) for name, data in files]
    page.locator("#upload input[name=file]").set_input_files(chosen)


def _shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_files_that_were_copied_in_are_those_that_were_published() -> None:
    for folder, name in ((AXE.parent, AXE.name), (Path(pages.__file__).parent / "static", "htmx-2.0.11.min.js")):
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        assert digest in (folder / "sources.txt").read_text("utf-8")


@pytest.mark.parametrize("context", [(DESK, "de-DE", "light", True), (PHONE, "de-DE", "light", True)], indirect=True)
def test_files_are_uploaded_and_their_decision_appears_by_itself(context: BrowserContext, served: Served) -> None:
    page = _sign_in(context, served)
    width = page.evaluate("innerWidth")
    day = 10 if width > PHONE[0] else 11
    _choose(
        page,
        (f"new {day}.xml", invoice(f"N-{day}", phones=day, day=day)),
        ("all.zip", b"PK\3\4"),
        ("nothing.pdf", b""),
        ("notes.txt", b"not an invoice"),
    )
    sending = page.locator("#sending")
    expect(sending).to_contain_text("Ein Archiv können wir nicht annehmen.")
    expect(sending).to_contain_text("nothing.pdf ist leer.")
    expect(sending).to_contain_text("notes.txt ist weder PDF, XML noch Bild.")
    expect(page.locator("#sending [role=status]")).to_have_text("1 von 1 gesendet")
    row = page.locator("#list li").first
    expect(row).to_contain_text(f"N-{day}", timeout=30_000)
    expect(row).to_contain_text("abgelehnt")
    _shot(page, f"uploaded-{width}")


def test_a_file_can_be_dropped_anywhere(context: BrowserContext, served: Served) -> None:
    page = _sign_in(context, served)
    handle = page.evaluate_handle(
        """text => { const all = new DataTransfer();
        all.items.add(new File([text], "dropped.xml", { type: "text/xml" })); return all; }""",
        invoice("DROP", phones=3, day=20).decode(),
    )
    page.dispatch_event("body", "drop", {"dataTransfer": handle})
    expect(page.locator("#list li").first).to_contain_text("DROP", timeout=30_000)


def test_a_transfer_that_broke_is_sent_again_as_the_same_document(browser: Browser, served: Served) -> None:
    context = browser.new_context(locale="de-DE")
    page = _sign_in(context, served)
    keys: list[str] = []

    def cut(route: Route, request: Request) -> None:
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            route.abort()
        else:
            route.continue_()

    page.route("**/documents?csrf=*", cut)
    _choose(page, ("again.xml", invoice("AGAIN", phones=5, day=21)))
    expect(page.locator("#sending")).to_contain_text("again.xml kam nicht vollständig an")
    page.get_by_role("button", name="Erneut senden").click()
    expect(page.locator("#list li").first).to_contain_text("AGAIN", timeout=30_000)
    assert len(keys) == 2
    assert len(set(keys)) == 1
    context.close()


@pytest.mark.parametrize("context", [(PHONE, "de-DE", "light", False)], indirect=True)
def test_without_script_a_form_is_enough(context: BrowserContext, served: Served) -> None:
    page = _sign_in(context, served)
    _choose(page, ("plain.xml", invoice("PLAIN", phones=6, day=22)))
    page.locator("#upload").get_by_role("button", name="Hochladen").click()
    page.wait_for_url(re.compile("/invoices/[0-9a-z]{20}$"))
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/signin")


def test_what_was_decided_is_explained(context: BrowserContext, served: Served) -> None:
    page = _sign_in(context, served)
    page.goto(f"{served.url}/invoices")
    page.locator("a.row", has_text="RE-2").first.click()
    expect(page.locator("main")).to_contain_text("Die Rechnung wurde mit 28,00\N{NO-BREAK SPACE}€ anerkannt.")
    expect(page.locator("tbody tr").first).to_contain_text("D785")
    page.get_by_role("link", name="Zurück zur Liste").click()
    page.locator("li", has_text="RE-1").filter(has_text="abgelehnt").locator("a").click()
    expect(page.locator(".why-box")).to_contain_text("Sie haben diese Datei bereits eingereicht")


def test_a_reason_shows_its_place_on_the_page(context: BrowserContext, served: Served) -> None:
    page = _sign_in(context, served)
    page.goto(f"{served.url}/invoices")
    page.locator("li", has_text=re.compile("RG-2026-77|scan.pdf")).locator("a").first.click()
    cut = page.locator("svg.cut").first
    expect(cut.locator("rect")).to_be_visible()
    assert cut.locator("image").evaluate("one => fetch(one.href.baseVal).then(got => got.status)") == 200
    _shot(page, "place")


def test_hostile_names_stay_text(context: BrowserContext, served: Served) -> None:
    page = _sign_in(context, served)
    for path in ("/invoices", "/balance?first=2026-01-01&last=2026-12-31"):
        page.goto(served.url + path)
        expect(page.locator("main")).to_contain_text("<script>alert(1)</script>")
    page.goto(served.url + "/invoices")
    page.locator("a.row", has_text="alert(1)").click()
    expect(page.locator("main")).to_contain_text("alert(3)")
    assert "\u202e" not in page.content()
    assert context.browser is not None
    operator = _sign_in(context.browser.new_context(), served, "olga")
    operator.goto(f"{served.url}/documents")
    expect(operator.locator("main")).to_contain_text("<script>alert(1)</script>")
    operator.context.close()


SCREENS = {
    "signin": None,
    "invoices": "anna",
    "invoice": "anna",
    "rejected": "anna",
    "balance?first=2026-01-01&last=2026-12-31": "anna",
    "status": "anna",
    "nowhere": "anna",
    "documents": "olga",
    "review": "olga",
    "review?tab=rejected&order=age": "olga",
    "team": "olga",
    "one": "olga",
}


@pytest.mark.parametrize(
    "context",
    [
        (DESK, "de-DE", "light", True),
        (DESK, "en-GB", "dark", True),
        (PHONE, "de-DE", "dark", True),
        ((320, 700), "en-GB", "light", True),
    ],
    indirect=True,
    ids=["desk-de-light", "desk-en-dark", "phone-de-dark", "narrow-en-light"],
)
def test_every_screen_can_be_used_by_everybody(
    context: BrowserContext, served: Served, request: pytest.FixtureRequest
) -> None:
    page, name = context.new_page(), request.node.callspec.id
    for screen, who in SCREENS.items():
        if who is None:
            page.goto(f"{served.url}/signin")
        else:
            context.clear_cookies()
            page.close()
            page = _sign_in(context, served, who)
            if screen == "one":
                page.locator("#walk a").first.click()
                page.wait_for_url(re.compile("/review/"))
            elif screen in {"invoice", "rejected"}:
                wanted = ".state.ok" if screen == "invoice" else ".state.bad"
                page.locator(f"a.row:has({wanted})").first.click()
                page.wait_for_url(re.compile("/invoices/"))
            else:
                page.goto(f"{served.url}/{screen}")
        _shot(page, f"{screen.partition('?')[0]}-{name}")
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("tags => axe.run({ runOnly: tags })", TAGS)["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == [], screen
        assert page.evaluate(BEYOND) == [], f"{screen} scrolls sideways"


def test_an_operator_decides_and_goes_on_to_the_next(context: BrowserContext, served: Served) -> None:
    page = _sign_in(context, served, "olga")
    before = page.locator("#walk tr").count()
    first, second = page.locator("#walk a").all_inner_texts()[:2]
    page.locator("#walk a", has_text=first).click()
    expect(page.locator(".ask")).to_contain_text("Diese Seriennummern wurden schon geltend gemacht")
    expect(page.get_by_role("button", name="84,00 € anerkennen")).to_be_visible()
    page.get_by_placeholder("Begründung").fill("es ist eine andere Lieferung")
    page.keyboard.press("Enter")
    expect(page.locator(".undo")).to_contain_text("Entschieden.")
    expect(page.locator("h1")).to_contain_text(second)
    page.get_by_role("link", name="Noch einmal ansehen").click()
    expect(page.locator("main")).to_contain_text("Entschieden von olga: abgelehnt")
    expect(page.locator("main")).to_contain_text("es ist eine andere Lieferung")
    page.get_by_role("button", name="Rückgängig").click()
    expect(page.locator(".doc")).to_contain_text("bei uns in Prüfung")
    page.goto(f"{served.url}/review")
    expect(page.locator("#walk tr")).to_have_count(before)


def test_what_moved_on_is_not_decided_on(context: BrowserContext, served: Served) -> None:
    one, two = _sign_in(context, served, "olga"), context.new_page()
    for page in (one, two):
        page.goto(f"{served.url}/review")
        page.locator("#walk a", has_text="PAIR-two").click()
        page.get_by_placeholder("Begründung").fill("gesehen")
    one.get_by_role("button", name="Ablehnen").click()
    expect(one.locator(".undo")).to_contain_text("Entschieden.")
    two.get_by_role("button", name="anerkennen").click()
    expect(two.get_by_role("alert")).to_contain_text("Dieser Beleg hat sich geändert")
    expect(two.locator("main")).to_contain_text("Entschieden von olga: abgelehnt")


def test_two_keys_decide_and_none_where_they_are_switched_off(context: BrowserContext, served: Served) -> None:
    page = _sign_in(context, served, "olga")
    page.wait_for_load_state()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("#walk a").first).to_be_focused()
    page.goto(f"{served.url}/review")
    page.locator("#walk a", has_text="PAIR-three").click()
    page.wait_for_url(re.compile("/review/"))
    page.wait_for_load_state()
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    expect(page.locator(".undo")).to_contain_text("Entschieden.")
    page.wait_for_load_state()
    page.keyboard.press("b")
    expect(page.locator("main")).to_contain_text("serial_already_claimed")
    expect(page.locator("main")).to_contain_text("Entschieden von olga: abgelehnt")
    document_id = page.url.partition("/review/")[2].partition("?")[0]
    assert served.book(document_id) == "rejected"
    page.goto(f"{served.url}/review/{document_id}")
    page.get_by_role("button", name="Tasten aus").click()
    page.wait_for_load_state()
    for key in ("a", "u", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("main")).to_contain_text("Entschieden von olga: abgelehnt")
    page.get_by_role("button", name="Tasten an").click()
    page.wait_for_load_state()
    page.get_by_placeholder("Begründung").fill("au")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator(".undo")).to_contain_text("Entschieden.")
    page.wait_for_load_state()
    page.keyboard.press("b")
    expect(page.locator("main")).to_contain_text("Entschieden von olga: anerkannt")
    assert served.book(document_id) == "approved"
    context.clear_cookies()
    partner = _sign_in(context, served)
    partner.locator("a.row", has_text="PAIR-three").click()
    expect(partner.locator("main")).to_contain_text("mit 84,00\N{NO-BREAK SPACE}€ anerkannt")
    expect(partner.locator("tbody tr").first).to_contain_text("84,00")


def test_a_value_is_corrected_beside_its_place_on_the_page(context: BrowserContext, served: Served) -> None:
    page = _sign_in(context, served, "olga")
    page.goto(f"{served.url}/documents")
    page.locator("tr", has=page.locator("a", has_text=re.compile("^RG-2026-77|scan"))).first.locator("a").click()
    page.wait_for_url(re.compile("/review/"))
    picture = page.locator("img").first
    expect(picture).to_be_visible()
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") == 1240
    number = page.locator("input[name=number]")
    number.hover()
    expect(page.locator("rect[data-f=number]")).to_have_class(re.compile("on"))
    gross = page.locator("input[name='totals.gross']")
    before = gross.input_value()
    gross.fill("not money")
    page.get_by_role("button", name="Antworten speichern").click()
    expect(page.get_by_role("alert")).to_contain_text("Das kann der Wert von Brutto nicht sein.")
    expect(gross).to_have_value("not money")  # what was typed is not lost
    gross.fill(before)
    number.fill("R-CORRECTED")
    page.get_by_role("button", name="Antworten speichern").click()
    expect(page.locator("h1")).to_contain_text("R-CORRECTED")
    page.locator("#history summary").click()
    expect(page.locator(".history")).to_contain_text("corrected")


def test_a_page_is_drawn_for_those_who_may_see_it(served: Served) -> None:
    with reading(served.app.engine) as conn:
        document = next(one for one in documents.latest(conn, "P1", limit=50) if one.file_name == "scan.pdf")
    address = f"/documents/{document.id}"
    for name, status in (("anna", 200), ("olga", 200), ("otto", 404)):
        client, _ = served.browser(name)
        with client:
            drawn = client.get(f"{address}/pages/1.webp")
            assert drawn.status_code == status
            saved = client.get(f"{address}/original")
            assert saved.status_code == status
            assert client.get(f"{address}/pages/2.webp").status_code == 404
            if status == 200:
                assert drawn.content[8:12] == b"WEBP"
                assert drawn.headers["cache-control"] == "private, max-age=31536000, immutable"
                assert saved.headers["content-disposition"].startswith("attachment")
                assert saved.headers["content-security-policy"] == "sandbox; default-src 'none'"
    with reading(served.app.engine) as conn:
        assert list(check(conn, served.app.blobs)) == []


def test_the_texts_of_both_languages_have_the_same_keys() -> None:
    german, english = pages.texts("de"), pages.texts("en")
    assert {key: set(part) for key, part in german.items()} == {key: set(part) for key, part in english.items()}
    for key, part in german.items():
        for name, text in part.items():
            places = re.findall(r"{\w+}", english[key][name])
            assert sorted(re.findall(r"{\w+}", text)) == sorted(places), (key, name)


def test_nothing_is_too_heavy(served: Served) -> None:
    client, _ = served.browser("anna")
    with client:
        parts = [client.get(path) for path in ("/invoices", *(f"/static/{n}" for n in ("portal.css", "portal.js")))]
    assert sum(int(part.headers.get("content-length", len(part.content))) for part in parts) < 100_000
