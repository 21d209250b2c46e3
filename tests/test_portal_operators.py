"""What operators do beside deciding: batches, search; and what all pages weigh, ask of the database and may be sent."""

import asyncio
import datetime as dt
import gzip
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest
from fuzzing import fuzzed
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sample_portal import PASSWORD, Served, serving
from sample_uploads import CATALOGUE, DAY, STRANGER, invoice
from sqlalchemy import event

from portal import people
from portal.access import COOKIE
from portal.web import web
from programme.rulebook import load
from store import accounts, documents
from store.engine import reading
from workers import steps

HEAVIEST, SCRIPT, QUERIES = 100_000, 12_000, 24
"""Bytes of a page with all that it brings along, and of our own scripts, packed; statements for one page."""
SLOW = 60_000
"""Milliseconds for what processes do beside the page, at the most."""
PAGES = {
    "anna": ("/invoices", "/invoices/{approved}", "/invoices/{rejected}", "/balance", "/status"),
    "olga": (
        "/documents",
        "/documents?q=re",
        "/batches",
        "/batches/new",
        "/review",
        "/review/{rejected}",
        "/team",
        "/rules",
    ),
    "adam": ("/partners", "/people", "/payouts", "/audit"),
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Give a portal whose rulebook pays less than the one that its documents were approved by."""
    folder = tmp_path_factory.mktemp("served")
    with serving(folder) as served:
        rates: list[dict[str, Any]] = json.loads(json.dumps(CATALOGUE))
        rates[0]["bonus"]["gold"] = "15.00"
        shutil.copytree(served.app.rulebook_folder, folder / "dearer")
        (folder / "dearer" / "catalogue.json").write_text(json.dumps(rates))
        dearer = replace(served.app, rulebook=load(folder / "dearer").rulebook)
        for number in range(1, 4):
            data = invoice(f"RE-{number}", phones=number, day=number)
            steps.run(dearer, steps.accept(dearer, data, f"Rechnung {number}.xml", "P1", DAY).id)
        stranger = invoice("RE-9", seller=STRANGER, day=9)
        steps.run(dearer, steps.accept(dearer, stranger, "fremd.xml", "P1", DAY).id)
        yield served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """Give a page that Olga is signed in on, in German."""
    context = browser.new_context(locale="de-DE", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(SLOW)
    faults: list[str] = []
    context.on("weberror", lambda error: faults.append(str(error.error)))
    context.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    context.on("request", lambda one: None if one.url.startswith(served.url) else faults.append(one.url))
    made = context.new_page()
    made.goto(served.url)
    made.get_by_label(re.compile("^Name")).fill("olga")
    made.get_by_label("Kennwort").fill(PASSWORD)
    made.keyboard.press("Enter")
    made.wait_for_url(re.compile("/review$"))
    yield made
    context.close()
    assert faults == []


def _ids(served: Served) -> dict[str, str]:
    with reading(served.app.engine) as conn:
        return {one.state.value: one.id for one in documents.latest(conn, "P1", limit=50)}


ASKED = [(who, path) for who, paths in PAGES.items() for path in paths]


@pytest.mark.parametrize(("who", "path"), ASKED)
def test_a_page_asks_little_of_the_database(served: Served, who: str, path: str) -> None:
    asked: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        if not statement.startswith("BEGIN"):
            asked.append(statement)

    token = people.sign_in(served.app, who, PASSWORD, "here").token
    made = web(served.app, lambda _name, _id: None)
    address = path.format(**_ids(served))

    async def twice() -> None:
        headers = {"Cookie": f"{COOKIE}={token}"}
        way = httpx.ASGITransport(made)
        async with httpx.AsyncClient(transport=way, base_url="http://here", headers=headers) as client:
            assert (await client.get(address)).status_code == 200
            event.listen(served.app.engine, "before_cursor_execute", note)
            assert (await client.get(address)).status_code == 200
            event.remove(served.app.engine, "before_cursor_execute", note)

    asyncio.run(twice())
    made.state.pictures.close()
    assert 0 < len(asked) <= QUERIES, "\n".join(asked)


@pytest.mark.parametrize("who", PAGES)
def test_a_page_is_light_and_brings_nothing_from_elsewhere(served: Served, who: str) -> None:
    client, _ = served.browser(who, **{"Sec-Fetch-Site": "same-origin", "Accept-Encoding": "gzip"})

    def packed(address: str) -> tuple[int, str]:
        with client.stream("GET", address) as answer:
            data = b"".join(answer.iter_raw())
            assert answer.status_code == 200
            assert answer.headers["content-encoding"] == "gzip"
        return len(data), gzip.decompress(data).decode()

    with client:
        for path in PAGES[who]:
            weight, page = packed(path.format(**_ids(served)))
            parts = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page))
            assert not re.search(r'(?:src|href|action)="(?!/|#)', page), "nothing is of other hosts"
            sizes = {part: packed(part)[0] for part in parts if "icon" not in part}
            assert len(sizes) >= 3
            assert weight + sum(sizes.values()) <= HEAVIEST
            own = sum(size for part, size in sizes.items() if ".js" in part and "htmx" not in part)
            assert 0 < own <= SCRIPT


def test_what_another_site_asks_for_is_not_packed(served: Served) -> None:
    for site, packed in (("none", True), ("cross-site", False), ("same-site", False), (None, False)):
        headers = {"Accept-Encoding": "gzip"} | ({} if site is None else {"Sec-Fetch-Site": site})
        client, _ = served.browser("olga", **headers)
        with client:
            assert ("content-encoding" in client.get("/documents").headers) is packed
            assert client.get("/static/portal.css").headers["content-encoding"] == "gzip"
            kept = client.get("/static/portal.css").headers
            assert kept["cache-control"] == "public, max-age=31536000, immutable"
            assert "accept-encoding" in kept["vary"].lower()


def test_the_interface_for_programs_does_what_its_description_says(served: Served) -> None:
    done = fuzzed(served, 10)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "Tested: 5" in done.stdout
    assert "unresolvable" not in done.stdout
    with served.client() as client:
        answer = client.delete("/api/v1/documents")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


def test_whatever_is_searched_for_says_which_filters_are_on_and_drops_each(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/documents")
    page.keyboard.press("/")
    page.keyboard.type("rechnung re-2")
    page.keyboard.press("Enter")
    expect(page.locator("#walk tr")).to_have_count(1)
    expect(page.locator("#walk")).to_contain_text("RE-2")
    page.get_by_role("link", name="abgelehnt", exact=True).click()
    expect(page.locator("main")).to_contain_text("Kein solcher Beleg.")
    page.get_by_role("link", name="Suche weglassen").click()
    expect(page.locator("#walk tr")).to_have_count(1)
    page.get_by_role("link", name="Zustand weglassen").click()
    expect(page.locator("#walk tr").first).to_be_visible()
    assert page.url == f"{served.url}/documents"
    for wrong in ("state=lost", "since=yesterday", "before=x"):
        client, _ = served.browser("olga")
        with client:
            assert client.get(f"/documents?{wrong}").status_code == 400


def test_a_dry_run_tells_what_the_run_does(page: Page, served: Served) -> None:
    def owed() -> int:
        with reading(served.app.engine) as conn:
            return int(accounts.owed(conn, "P1"))

    assert owed() == 15 * 6
    page.goto(f"{served.url}/batches")
    page.get_by_role("link", name="Neuer Stapel").click()
    expect(page.locator("#count")).to_contain_text(re.compile(r"^\d+ Belege"))
    page.get_by_label("abgelehnt").check()
    page.get_by_label("Partner").fill("P1")
    page.get_by_label("Eingereicht bis").fill(DAY.isoformat())
    expect(page.locator("#count")).to_have_text("1 Belege")
    page.get_by_label("anerkannt").check()
    expect(page.locator("#count")).to_have_text("4 Belege")
    page.get_by_role("button", name="Probelauf").click()
    taken = "6,00 €, die schon anerkannt sind, würden zurückgenommen."
    expect(page.locator("main")).to_contain_text(taken, timeout=SLOW)
    assert owed() == 15 * 6
    told = page.locator(".batch-diff tbody").inner_text()
    assert re.search(r"anerkannt → anerkannt\s+3\s+-6,00.€", told)
    page.get_by_role("link", name="anerkannt → anerkannt").click()
    expect(page.locator(".batch-documents li")).to_have_count(3)
    page.locator("summary", has_text="RE-3").click()
    expect(page.locator("details[open]")).to_contain_text("Beleg öffnen")
    page.get_by_role("button", name="Starten").click()
    expect(page.get_by_role("alert")).to_have_text("Bitte die Zahl 3 eingeben.")
    page.get_by_label(re.compile("^Zur Bestätigung")).fill("3")
    page.get_by_role("button", name="Starten").click()
    expect(page.locator("main")).to_contain_text("Wie im Probelauf.", timeout=SLOW)
    assert page.locator(".batch-diff tbody").inner_text() == told
    assert owed() == 14 * 6
    address = page.url.partition("?")[0]
    client, _ = served.browser("olga")
    with client:
        rows = client.get(f"{address}/changes.csv").content.decode("utf-8-sig").splitlines()
        assert len(rows) == 1 + 3
        assert rows[1].endswith("15.00,14.00,-1.00")
        *changes, summary = client.get(f"{address}/changes.json").json()
        assert [one["bonus_change"] for one in changes] == ["-1.00", "-2.00", "-3.00"]
        assert (summary["summary"]["documents"], summary["summary"]["dry_run"]) == (4, False)
        assert client.get(f"{address}/changes.xml").status_code == 404
        progress = client.get(f"{address}/progress")
        assert len(progress.content) < 2000
    page.goto(f"{served.url}/batches/new?partner=P1")
    page.get_by_role("button", name="Probelauf").click()
    expect(page.locator("main")).to_contain_text("Nichts würde sich ändern. Es gibt nichts zu starten.", timeout=SLOW)
    expect(page.get_by_role("button", name="Starten")).to_have_count(0)
    page.get_by_role("button", name="Abbrechen").click()
    expect(page.locator("main")).to_contain_text("abgebrochen")
    page.goto(f"{served.url}/batches")
    expect(page.locator("#walk tr")).to_have_count(2)
    expect(page.locator("#walk tr").last).to_contain_text("-6,00")


def test_what_cannot_be_chosen_is_refused(served: Served) -> None:
    client, session = served.browser("olga")
    with client:
        for wrong in ({"state": "lost"}, {"stage": "book"}, {"since": "soon"}, {"reason": "A b"}):
            assert client.post("/batches", data=wrong | {"csrf": session.csrf}).status_code == 400
        unclear = client.get("/batches/new", params={"reason": "A b"}, headers={"HX-Request": "true"})
        assert "nicht zu verstehen" in unclear.text
        assert client.get("/batches/new", params={"until": dt.date(2020, 1, 1).isoformat()}).status_code == 200
        assert client.post("/batches/nowhere", data={"act": "start", "csrf": session.csrf}).status_code == 404
