"""The lists of operators, deciding and undoing, over HTTP and in a browser: what is booked, when, and what is lost."""

import datetime as dt
import re
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from html import unescape
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from sample_browser import found_by_axe, shot
from sample_portal import PASSWORD, Served, serving
from sample_uploads import DAY, invoice
from sqlalchemy import insert, select, update

from portal import pages, people
from portal.ruling import moment
from store import accounts, audit, decisions, documents, messages, results
from store.engine import reading
from store.people import Session
from store.tables import deliveries
from store.tables_messages import appeals
from store.tables_waiting import field_checks, presences, waiting
from validators.sentences import sentences
from workers import ruling, steps
from workers.settling import BERLIN

PATIENCE = 40_000
"""Milliseconds to wait for what a page is to show, on a machine that has much to do."""


def held(served: Served, name: str, number: int, partner: str) -> str:
    """Have a document held for a person: it claims a device that another one has claimed. Return its id."""
    app = served.app
    for which, place in (("FIRST", 0), ("PAIR", 1)):
        data = invoice(
            f"{which}-{name}", phones=number + place, day=3 + number % 50, serial=f"0004130{number:03}", partner=partner
        )
        made = steps.run(app, steps.accept(app, data, f"{which}-{name}.xml", partner, DAY).id)
    assert made.state == "review"
    return made.id


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        for name in ("ole", "typist"):
            people.add(served.app, name, "operator", None, password=PASSWORD, who="a test")
        yield served


@pytest.fixture(scope="module")
def pair(served: Served) -> Callable[..., str]:
    """Give another held document each time."""
    numbers = iter(range(3, 120, 2))

    def make(partner: str = "P1") -> str:
        number = next(numbers)
        return held(served, f"n{number}", number, partner)

    return make


@pytest.fixture(autouse=True)
def _nobody_is_here(served: Served) -> None:
    with served.app.engine.begin() as conn:
        conn.execute(presences.delete())


@pytest.fixture(scope="module")
def olga(served: Served) -> Iterator[tuple[httpx.Client, Session]]:
    client, session = served.browser("olga")
    with client:
        yield client, session


@pytest.fixture(scope="module")
def ole(served: Served) -> Iterator[tuple[httpx.Client, Session]]:
    client, session = served.browser("ole")
    with client:
        yield client, session


@pytest.fixture
def unhurried(served: Served) -> Iterator[None]:
    """Have decisions wait for minutes rather than seconds, as a slow machine needs longer than that for a page."""
    later = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=4)
    then = f"UPDATE deliveries SET due_at = '{later:%Y-%m-%d %H:%M:%S.%f}' WHERE document_id = NEW.document_id"  # noqa: S608 (our own)
    with served.app.engine.begin() as conn:
        conn.exec_driver_sql(f"CREATE TRIGGER unhurried AFTER INSERT ON deliveries BEGIN {then}; END")
    yield
    with served.app.engine.begin() as conn:
        conn.exec_driver_sql("DROP TRIGGER unhurried")


Asks = tuple[httpx.Client, Session]


def form(asks: Asks, address: str) -> dict[str, str]:
    """Return what the form for deciding holds on the page of a document."""
    page = asks[0].get(address)
    assert page.status_code == 200
    part = page.text[page.text.index('id="decide"') :]
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', part.partition("</form>")[0])
    return {name: unescape(value) for name, value in found}


def decide(asks: Asks, document_id: str, outcome: str, **more: str) -> httpx.Response:
    address = f"/review/{document_id}"
    return asks[0].post(f"{address}/decide", data=form(asks, address) | {"outcome": outcome} | more)


def waited(served: Served, *ids: str) -> None:
    """Have documents wait for longer than all others, the first of them the longest."""
    began = int(time.time()) - 100_000
    with served.app.engine.begin() as conn:
        for place, document_id in enumerate(ids):
            query = update(waiting).where(waiting.c.document_id == document_id)
            conn.execute(query.values(since=began + place))


def booked(served: Served, document_id: str) -> Decimal:
    with reading(served.app.engine) as conn:
        return accounts.earned(conn, [document_id]).get(document_id, Decimal(0))


def entries(served: Served, document_id: str) -> int:
    with reading(served.app.engine) as conn:
        return accounts.entry_count(conn, document_id)


def state(served: Served, document_id: str) -> str:
    with reading(served.app.engine) as conn:
        return documents.get(conn, document_id).state


def listed(asks: Asks, query: str = "") -> list[str]:
    return re.findall(r'<tr data-id="(\w+)"', asks[0].get(f"/review?{query}").text)


def test_a_decision_is_stored_at_once_booked_later_and_can_be_taken_back(
    served: Served, olga: Asks, pair: Callable[[], str]
) -> None:
    one = pair()
    answer = decide(olga, one, "approved", word="Danke für die Rechnung.")
    assert answer.status_code == 303
    assert f"done={one}" in answer.headers["location"]
    with reading(served.app.engine) as conn:
        (waits,) = conn.execute(select(deliveries).where(deliveries.c.document_id == one)).all()
        assert waits.due_at - waits.queued_at == ruling.GRACE
        assert [said.kind for said in messages.of(conn, one)] == ["word"]
    assert one not in listed(olga)
    undone = olga[0].post(f"/review/{one}/undo", data={"csrf": olga[1].csrf})
    assert undone.status_code == 303
    assert (state(served, one), entries(served, one)) == ("review", 0)
    assert one in listed(olga)
    with reading(served.app.engine) as conn:
        assert messages.of(conn, one) == ()
        last = decisions.last(conn, one)
        assert last is not None
        assert last.undone_at is not None
    decide(olga, one, "approved")
    served.book(one)
    assert state(served, one) == "approved"
    assert (booked(served, one) > 0, entries(served, one)) == (True, 1)
    olga[0].post(f"/review/{one}/undo", data={"csrf": olga[1].csrf})
    assert (state(served, one), entries(served, one)) == ("review", 2)
    assert booked(served, one) == 0
    assert olga[0].post(f"/review/{one}/undo", data={"csrf": olga[1].csrf}).headers["location"].endswith("moved=1")


@pytest.mark.usefixtures("unhurried")
def test_undoing_an_overturned_ruling_restores_the_one_before(
    served: Served, olga: Asks, pair: Callable[[], str]
) -> None:
    one = pair()
    decide(olga, one, "rejected", reason="duplicate_invoice", why="gesehen")
    served.book(one)
    assert state(served, one) == "rejected"
    assert one not in [*listed(olga), *listed(olga, "tab=rejected")], "a person rejected it"
    decide(olga, one, "approved")
    olga[0].post(f"/review/{one}/undo", data={"csrf": olga[1].csrf})
    assert state(served, one) == "rejected"
    assert "duplicate_invoice: gesehen" in olga[0].get(f"/review/{one}").text


def test_an_unknown_reason_or_outcome_is_refused(served: Served, olga: Asks, pair: Callable[[], str]) -> None:
    one = pair()
    assert decide(olga, one, "rejected", reason="because").status_code == 400
    assert decide(olga, one, "perhaps").status_code == 400
    for query in ("tab=all", "order=random", "days=x", "after=1"):
        assert olga[0].get(f"/review?{query}").status_code == 400, query
    assert state(served, one) == "review"


def test_whoever_rejected_does_not_decide_the_appeal(
    served: Served, olga: Asks, ole: Asks, pair: Callable[[], str]
) -> None:
    one = pair()
    decide(olga, one, "rejected")
    served.book(one)
    with served.app.engine.begin() as conn:
        at = dt.datetime.now(dt.UTC)
        values = {"document_id": one, "at": at, "rejected_by": "olga", "closed_at": None}
        conn.execute(insert(appeals), values)
    assert one in listed(ole, "reason=appeal")
    assert "Über den Einspruch entscheidet jemand anderes" in olga[0].get(f"/review/{one}").text
    with reading(served.app.engine) as conn:
        seen = str(documents.last_step(conn, one))
    refused = olga[0].post(f"/review/{one}/decide", data={"csrf": olga[1].csrf, "outcome": "approved", "seen": seen})
    assert refused.headers["location"].endswith("own=1")
    with served.app.engine.begin() as conn:
        conn.execute(presences.delete())
    decide(ole, one, "approved")
    assert one not in listed(ole)
    ole[0].post(f"/review/{one}/undo", data={"csrf": ole[1].csrf})
    assert one in listed(ole, "reason=appeal"), "the appeal is open again"
    decide(ole, one, "approved")
    served.book(one)
    assert state(served, one) == "approved"
    assert one not in listed(ole)


def test_a_document_that_is_put_back_comes_again(
    served: Served, olga: Asks, ole: Asks, pair: Callable[[], str]
) -> None:
    one = pair()
    answer = olga[0].post(f"/review/{one}/later", data={"csrf": olga[1].csrf, "until": "tomorrow"})
    assert f"done={one}&said=later" in answer.headers["location"]
    assert one not in [*listed(olga), *listed(ole), *listed(ole, "mine=1")]
    assert one in listed(olga, "mine=1")
    with served.app.engine.begin() as conn:
        conn.execute(update(waiting).where(waiting.c.document_id == one).values(until=int(time.time()) - 1))
    assert one in listed(ole)
    evening = dt.datetime(2026, 3, 28, 22, 30, tzinfo=BERLIN)
    assert moment("tomorrow", evening) == dt.datetime(2026, 3, 29, 8, tzinfo=BERLIN)
    assert moment("hour", evening) == dt.datetime(2026, 3, 28, 23, 30, tzinfo=BERLIN)


def test_a_document_is_one_persons_until_it_is_taken_over(
    served: Served, olga: Asks, ole: Asks, pair: Callable[[], str]
) -> None:
    one = pair()
    values = form(olga, f"/review/{one}")
    page = ole[0].get(f"/review/{one}").text
    assert "olga sieht diesen Beleg gerade an" in page
    assert 'id="decide"' not in page
    refused = ole[0].post(f"/review/{one}/decide", data=values | {"csrf": ole[1].csrf, "outcome": "approved"})
    assert refused.headers["location"].endswith("held=1")
    assert ole[0].post(f"/review/{one}/seen", data={"csrf": ole[1].csrf}).text == "olga"
    assert ole[0].post(f"/review/{one}/take", data={"csrf": ole[1].csrf}).status_code == 303
    assert olga[0].post(f"/review/{one}/seen", data={"csrf": olga[1].csrf}).text == "ole"
    with reading(served.app.engine) as conn:
        assert "document taken over" in [act.what for act in audit.acts(conn, one)]


def test_counts_are_answered_only_when_they_changed(served: Served, olga: Asks, pair: Callable[[], str]) -> None:
    at = int(time.time()) - 1
    first = olga[0].get(f"/review/counts?at={at}")
    mark = {"If-None-Match": first.headers["etag"]}
    assert len(first.text) < 2000 + 200 * first.text.count("<data")
    assert olga[0].get(f"/review/counts?at={at}", headers=mark).status_code == 304
    with served.app.engine.begin() as conn:
        conn.execute(update(waiting).values(since=waiting.c.since - 100))
    pair()
    changed = olga[0].get(f"/review/counts?at={at}", headers=mark)
    assert changed.status_code == 200
    assert "1 neue anzeigen" in changed.text


def test_several_of_one_reason_are_decided_as_was_shown_without_what_changed(
    served: Served, olga: Asks, ole: Asks, pair: Callable[[], str]
) -> None:
    client, session = olga
    ids = [pair() for _ in range(3)]
    values: dict[str, str | list[str]] = {"csrf": session.csrf, "ids": ids, "act": "approve", "view": "order=age"}
    preview = client.post("/review/bulk/preview", data=values).text
    money = [
        one.replace("\N{NO-BREAK SPACE}€", "").replace(",", ".") for one in re.findall("<dd>([^<]+)</dd>", preview)
    ]
    shown = re.findall('name="shown" value="([^"]+)"', preview)
    assert [one.partition(":")[0] for one in shown] == ids
    decide(ole, ids[1], "rejected", reason="duplicate_invoice")
    ole[0].get(f"/review/{ids[2]}")
    done = client.post("/review/bulk", data={"csrf": session.csrf, "act": "approve", "shown": shown, "view": ""}).text
    assert "1 Belege erledigt" in done
    assert len(re.findall("<li>[^<]+: <span[^>]*>(wartet nicht mehr|hat sich inzwischen geändert)<", done)) == 1
    assert len(re.findall("sieht gerade jemand anderes an", done)) == 1
    served.book(ids[0])
    served.book(ids[1])
    with served.app.engine.begin() as conn:
        conn.execute(presences.delete())
    rest = client.post("/review/bulk", data={"csrf": session.csrf, "act": "approve", "shown": shown[2:], "view": ""})
    assert "1 Belege erledigt" in rest.text
    served.book(ids[2])
    outcome = sum(booked(served, one) for one in ids)
    assert money == ["3", "0.00", f"{outcome + worth(served, ids[1])}"], "the one in the middle was rejected meanwhile"


def worth(served: Served, document_id: str) -> Decimal:
    """Return what a document of `held` earns if it is approved: 14.00 for each of its devices."""
    with reading(served.app.engine) as conn:
        found = documents.get(conn, document_id)
    return Decimal("14.00") * (int(found.file_name.removeprefix("PAIR-n").removesuffix(".xml")) + 1)


def test_what_cannot_be_done_with_several_is_named(served: Served, olga: Asks, pair: Callable[[], str]) -> None:
    client, session = olga
    one = pair()
    broken = steps.run(served.app, steps.accept(served.app, b"%PDF-1.7 nothing", "broken.pdf", "P1", DAY).id)
    assert broken.state == "failed"
    values: dict[str, str | list[str]] = {"csrf": session.csrf, "ids": [one, broken.id, "0" * 20], "view": ""}
    for act, why in (("retry", "ist keine technische Störung"), ("reject", "anderer Grund")):
        preview = client.post("/review/bulk/preview", data=values | {"act": act}).text
        assert why in preview
        assert "wartet nicht mehr" in preview
    retried = client.post("/review/bulk/preview", data=values | {"act": "retry", "ids": [broken.id]}).text
    (shown,) = re.findall('name="shown" value="([^"]+)"', retried)
    assert "1 Belege" in client.post("/review/bulk", data={"csrf": session.csrf, "act": "retry", "shown": shown}).text
    until = time.monotonic() + 30
    while broken.id not in listed(olga, "reason=failed") and time.monotonic() < until:
        time.sleep(0.1)
    with reading(served.app.engine) as conn:
        assert "retried" in [step.why for step in documents.steps(conn, broken.id)]
    asked = client.post("/review/bulk/preview", data=values | {"act": "ask", "ids": [one]}).text
    (shown,) = re.findall('name="shown" value="([^"]+)"', asked)
    said = {"csrf": session.csrf, "act": "ask", "shown": shown, "text": "Welche Lieferung?"}
    assert client.post("/review/bulk", data=said | {"text": ""}).status_code == 400
    assert "1 Belege" in client.post("/review/bulk", data=said).text
    with reading(served.app.engine) as conn:
        assert [(note.kind, note.text) for note in messages.of(conn, one)] == [("question", "Welche Lieferung?")]


def test_a_stale_correction_is_answered_with_what_was_what_was_written_and_what_is(
    olga: Asks, pair: Callable[[], str]
) -> None:
    client, session = olga
    one = pair()
    page = client.get(f"/review/{one}").text
    seen = re.findall('name="seen" value="([0-9]+)"', page)[0]
    given = {"csrf": session.csrf, "seen": seen}
    assert client.post(f"/review/{one}/correct", data=given | {"seller.name": "ACME GmbH"}).status_code == 303
    stale = client.post(
        f"/review/{one}/correct", data=given | {"number": "MINE", "seller.name": "ACME Distribution GmbH"}
    )
    assert stale.status_code == 409
    radios = re.findall('name="([a-z.]+)" value="([^"]*)"( checked)?', stale.text.partition("<tbody>")[2])
    names = {(name, value): bool(checked) for name, value, checked in radios}
    assert names["number", "MINE"]
    assert names["seller.name", "ACME GmbH"], "what others changed is kept"
    assert not names["seller.name", "ACME Distribution GmbH"]


def test_the_team_sees_how_well_fields_are_read(served: Served, olga: Asks, pair: Callable[[], str]) -> None:
    client, session = olga
    one = pair()
    page = client.get(f"/review/{one}").text
    seen = re.findall('name="seen" value="([0-9]+)"', page)[0]
    client.post(f"/review/{one}/correct", data={"csrf": session.csrf, "seen": seen, "buyer.name": "Beispiel AG"})
    decide(olga, one, "rejected")
    with reading(served.app.engine) as conn:
        (row,) = conn.execute(select(field_checks).where(field_checks.c.document_id == one)).all()
        assert (row.rung, row.seller_key, row.source, row.wrong) == ("xml", "acme", "einvoice", 1)
        assert row.fields > 10
        rates = decisions.rates(conn, dt.datetime.now(dt.UTC) - dt.timedelta(days=1))["rung"]
    team = client.get("/team").text
    assert f'<td class="num">{rates[0].fields}</td><td class="num">{rates[0].wrong}</td>' in team
    assert "ACME Distribution GmbH" in team


def test_each_reason_has_a_name_in_both_languages() -> None:
    codes = set(sentences()) - {"unknown"}
    assert codes <= set(pages.texts("de")["reason_names"])


# ---------- in a browser ----------


@pytest.fixture
def sign_in(served: Served, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Sign somebody in, each in a browser of their own, in which no script may fail."""
    expect.set_options(timeout=PATIENCE)
    made: list[BrowserContext] = []
    faults: list[str] = []

    def enter(name: str, language: str = "de-DE", scheme: Any = "light", width: int = 1280) -> Page:
        size: ViewportSize = {"width": width, "height": 900}
        context = browser.new_context(locale=language, color_scheme=scheme, viewport=size)
        context.set_default_timeout(PATIENCE)
        context.on("weberror", lambda error: faults.append(str(error.error)))
        made.append(context)
        page = context.new_page()
        page.goto(served.url)
        fill_in(page, name)
        return page

    yield enter
    for one in made:
        one.close()
    assert faults == []


def fill_in(page: Page, name: str) -> None:
    page.get_by_label("Name").fill(name)
    page.get_by_label(re.compile("^(Kennwort|Password)")).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/signin" not in url)


@pytest.mark.usefixtures("unhurried")
def test_keys_decide_open_the_next_and_take_it_back(
    served: Served, sign_in: Callable[..., Page], pair: Callable[[], str]
) -> None:
    one, two = pair(), pair()
    waited(served, one, two)
    page = sign_in("olga")
    page.goto(f"{served.url}/review?order=age&reason=serial_already_claimed")
    page.locator(f"tr[data-id='{one}'] a").focus()
    expect(page.locator("#peek h2")).to_contain_text("PAIR-")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/review/{one}"))
    page.keyboard.press("a")
    page.wait_for_url(re.compile(f"/review/{two}.*done={one}"))
    expect(page.locator(".undo")).to_contain_text("Entschieden.")
    shot(page, "decided")
    page.keyboard.press("u")
    page.wait_for_url(re.compile(f"/review/{one}"))
    assert (state(served, one), entries(served, one)) == ("review", 0)
    page.keyboard.press("a")
    page.wait_for_url(re.compile(f"/review/{two}"))
    assert served.book(one) == "approved"
    assert entries(served, one) == 1
    page.keyboard.press("u")
    page.wait_for_url(re.compile(f"/review/{one}"))
    assert (state(served, one), entries(served, one)) == ("review", 2)
    assert booked(served, one) == 0


def test_two_operators_see_each_other_and_nothing_typed_is_lost(
    served: Served, sign_in: Callable[..., Page], pair: Callable[[], str]
) -> None:
    one = pair()
    olga, ole = sign_in("olga"), sign_in("ole")
    olga.goto(f"{served.url}/review/{one}")
    ole.goto(f"{served.url}/review")
    expect(ole.locator(f"tr[data-id='{one}'] .face")).to_have_attribute("title", re.compile("olga"))
    shot(ole, "list")
    ole.goto(f"{served.url}/review/{one}")
    expect(ole.locator(".decide")).to_contain_text("olga sieht diesen Beleg gerade an")
    shot(ole, "held")
    ole.get_by_role("button", name="Übernehmen").click()
    expect(ole.locator("#decide")).to_be_visible()
    olga.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(olga.locator("#present")).to_have_text("ole hat diesen Beleg übernommen.")
    for page, name, text in ((ole, "seller.name", "ACME GmbH"), (olga, "number", "NEW-1")):
        page.evaluate("[...document.querySelectorAll('details')].forEach(one => one.open = true)")
        page.locator(f"#values [name='{name}']").fill(text)
        with page.expect_navigation(timeout=PATIENCE):
            page.evaluate("document.getElementById('values').requestSubmit()")
    expect(olga.get_by_role("alert")).to_contain_text("wurde dieser Beleg geändert")
    shot(olga, "stale")
    expect(olga.locator("[name='number']:checked")).to_have_value("NEW-1")
    olga.get_by_role("button", name="So speichern").click()
    expect(olga.locator("h1")).to_contain_text("NEW-1")
    with reading(served.app.engine) as conn:
        read = results.reading(conn, one)
    assert read is not None
    assert read.invoice is not None
    assert (read.invoice.number, read.invoice.seller.name) == ("NEW-1", "ACME GmbH")


def test_a_walk_keeps_its_order_while_others_decide_and_new_ones_come(
    served: Served, sign_in: Callable[..., Page], pair: Callable[..., str], ole: Asks
) -> None:
    one, two, three = (pair("P2") for _ in range(3))
    page = sign_in("olga")
    waited(served, one, two, three)
    page.goto(f"{served.url}/review?order=age&partner=P2&at={int(time.time()) - 1}")
    order = [row.get_attribute("data-id") for row in page.locator("#walk tr").all()]
    assert order == [one, two, three]
    page.locator("#walk a").first.focus()
    new = pair("P2")
    decide(ole, two, "rejected")
    page.evaluate("document.dispatchEvent(new Event('cashback:counts'))")
    expect(page.locator("#arrived")).to_have_text("1 neue anzeigen")
    expect(page.locator("#walk a").first).to_be_focused()
    assert [row.get_attribute("data-id") for row in page.locator("#walk tr").all()] == order
    shot(page, "arrived")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/review/{one}"))
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/review/{three}"))
    page.keyboard.press("l")
    page.get_by_role("button", name="morgen").click()
    page.wait_for_url(re.compile("ended=1"))
    expect(page.locator(".note")).to_contain_text("Das war der letzte Beleg dieser Liste.")
    shot(page, "ended")
    page.get_by_role("link", name="Neu laden").click()
    expect(page.locator("#walk tr")).to_have_count(1)
    expect(page.locator("#walk tr")).to_have_attribute("data-id", new)


def test_rows_are_selected_and_decided_together(
    served: Served, sign_in: Callable[..., Page], pair: Callable[..., str], ole: Asks
) -> None:
    with served.app.engine.begin() as conn:
        conn.execute(update(waiting).where(waiting.c.partner_id == "P2").values(shelf="hidden"))
    ids = [pair("P2") for _ in range(3)]
    page = sign_in("olga")
    page.goto(f"{served.url}/review?order=age&partner=P2")
    for _ in ids:
        page.keyboard.press("j")
        page.keyboard.press("x")
    expect(page.locator("#selected")).to_have_text("3 gewählt")
    page.keyboard.press("v")
    page.wait_for_url("**/bulk/preview")
    shot(page, "bulk")
    decide(ole, ids[1], "approved")
    page.keyboard.press("v")
    page.wait_for_url("**/review/bulk")
    expect(page.locator("h1")).to_have_text("2 Belege erledigt.")
    expect(page.locator("main li")).to_have_count(1)
    assert [served.book(one) for one in ids] == ["rejected", "approved", "rejected"]


def test_what_was_typed_is_there_after_the_session_ended(
    served: Served, sign_in: Callable[..., Page], pair: Callable[[], str]
) -> None:
    one = pair()
    page = sign_in("typist")
    page.goto(f"{served.url}/review/{one}")
    page.get_by_placeholder("für den Partner").fill("Bitte die Lieferung nennen.")
    page.evaluate("[...document.querySelectorAll('details')].forEach(one => one.open = true)")
    page.locator("#values [name='number']").fill("TYPED")
    people.set_password(served.app, "typist", PASSWORD, "a test")
    page.get_by_role("button", name="Ablehnen").click()
    page.wait_for_url(re.compile(f"/signin.next=/review/{one}"))
    fill_in(page, "typist")
    page.wait_for_url(f"**/review/{one}")
    expect(page.get_by_placeholder("für den Partner")).to_have_value("Bitte die Lieferung nennen.")
    expect(page.locator("#values [name='number']")).to_have_value("TYPED")
    assert state(served, one) == "review"


@pytest.mark.parametrize(
    "looks",
    [("light", "de-DE", 1280), ("dark", "en-GB", 1280), ("dark", "de-DE", 360), ("light", "en-GB", 320)],
)
def test_lists_and_figures_can_be_used_by_everybody(
    served: Served, sign_in: Callable[..., Page], pair: Callable[[], str], looks: tuple[Any, str, int]
) -> None:
    one = pair()
    scheme, language, width = looks
    page = sign_in("ole", language, scheme, width)
    for address in ("review", "review?tab=rejected", "team", f"review/{one}?done={one}"):
        page.goto(f"{served.url}/{address}")
        shot(page, f"{re.sub(r'[^a-z]+', '-', address[:12])}-{scheme}-{language}-{width}")
        assert found_by_axe(page) == [], address
        wide = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert wide[0] <= wide[1], f"{address} scrolls sideways"
