"""The administration: rulebook, drafts, partners, people, payouts, audit, over HTTP and in a browser."""

import datetime as dt
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from sample_browser import found_by_axe, shot
from sample_portal import PASSWORD, Served, serving
from sample_uploads import DAY, invoice

from portal import people
from store import audit, checks, partners, sealing
from store import people as stored
from store.chain import Head
from store.engine import reading
from workers import drafting, steps


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served")) as served:
        people.add(served.app, "eva", "admin", password=PASSWORD, who="a test")
        for number, day in (("A", 10), ("B", 58)):
            data = invoice(number, phones=2, day=day)
            steps.run(served.app, steps.accept(served.app, data, f"{number}.xml", "P1", DAY).id)
        yield served


class Person:
    """Somebody with a browser without script."""

    def __init__(self, served: Served, name: str) -> None:
        self.client, self.session = served.browser(name, **{"Accept-Language": "en"})

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def post(self, path: str, **fields: object) -> httpx.Response:
        return self.client.post(path, data={"csrf": self.session.csrf, **fields})

    def send(self, path: str, name: str, text: str) -> httpx.Response:
        """Send a file with a form."""
        return self.client.post(f"{path}&csrf={self.session.csrf}", files={"file": (name, text.encode())})


@pytest.fixture(scope="module")
def who(served: Served) -> Iterator[dict[str, Person]]:
    with ExitStack() as stack:
        made = {name: Person(served, name) for name in ("adam", "eva", "olga")}
        for one in made.values():
            stack.enter_context(one.client)
        yield made


@pytest.fixture
def adam(who: dict[str, Person]) -> Person:
    return who["adam"]


@pytest.fixture
def eva(who: dict[str, Person]) -> Person:
    return who["eva"]


def tried(person: Person, at: str) -> str:
    """Wait until a draft was tried, and return its page."""
    while "being computed" in (page := person.get(at).text):
        time.sleep(0.1)
    return page


def test_a_draft_needs_another_person_and_loses_preview_and_approval_when_it_is_changed(
    adam: Person, eva: Person, who: dict[str, Person]
) -> None:
    at = adam.post("/rules/drafts", why="Spring").headers["location"]
    wrong = adam.post(f"{at}/change/rate", seen=1, model="D785", valid_from="2026-02-01", silver="11", gold="99")
    assert wrong.status_code == 422
    assert "rates[2].gold" in wrong.text
    assert "Gold earns 6 to 18 EUR" in wrong.text
    assert 'value="99"' in wrong.text, "what was typed is still there"
    rate = {"model": "D785", "valid_from": "2026-02-01", "silver": "11,00", "gold": "17.50"}
    assert adam.post(f"{at}/change/rate", seen=1, **rate).status_code == 303
    assert adam.post(f"{at}/change/rate", seen=1, **rate).status_code == 409, "another state was seen"
    page = tried(adam, at)
    assert "1 document would change" in page
    assert "+€7.00" in page
    assert "another person" in adam.post(f"{at}/approve", seen=2).text
    assert eva.post(f"{at}/approve", seen=2).status_code == 303
    assert "approved by eva" in adam.get(at).text
    adam.post(f"{at}/change/rate", seen=2, **rate | {"gold": "18"})
    assert "approved by eva" not in tried(adam, at)
    assert adam.post(f"{at}/live", seen=3).status_code == 409
    assert who["olga"].post(f"{at}/approve", seen=3).status_code == 404
    assert "Go live" not in who["olga"].get(at).text
    assert eva.post(f"{at}/approve", seen=3).status_code == 303
    assert adam.post(f"{at}/live", seen=3).status_code == 303
    assert "Judge 1 documents again" in adam.get(at).text
    assert adam.post(f"{at}/apply", seen=3).status_code == 303
    assert adam.post(f"{at}/apply", seen=3).status_code == 409
    shown = adam.get("/rules/rates?on=2026-02-01").text
    assert "€18.00" in shown
    assert "€18.00" not in adam.get("/rules/rates?on=2026-01-31&q=D785").text.partition("<details>")[0]


def test_a_file_is_taken_in_or_its_faults_are_named_by_row_and_field(adam: Person) -> None:
    at = adam.post("/rules/drafts", why="by file").headers["location"]
    wrong = "model,valid_from,valid_to,silver,gold\nM900,2026-01-01,2026-05-31,9,12\nM900,2026-05-01,,9,x\n"
    answer = adam.send(f"{at}/import?table=rates&seen=1", "rates.csv", wrong)
    assert answer.status_code == 422
    assert "catalogue.json, row 2 (M900), rates[2].gold" in answer.text
    overlapping = adam.send(f"{at}/import?table=rates&seen=1", "rates.csv", wrong.replace("x", "12"))
    assert "the period overlaps that of rates[1]" in overlapping.text
    for table, name, text, told in (
        ("rates", "rates.csv", "model,gold\nM999,12\n", "there is no model M999"),
        ("catalogue", "a.csv", "model,colour\nM900,red\n", "there is no column colour"),
        ("catalogue", "a.json", "[", "is no JSON"),
        ("programme", "a.json", '{"claim_window_days": -1}', "must lie between 0 and 36500"),
    ):
        assert told in adam.send(f"{at}/import?table={table}&seen=1", name, text).text, told
    gap = "model,valid_from,valid_to,silver,gold\nM900,2026-01-01,2026-04-30,9,12\nM900,2026-06-01,,9,12\n"
    assert adam.send(f"{at}/import?table=rates&seen=1", "rates.csv", gap).status_code == 303
    assert "M900: nothing holds from 1 May 2026 to 31 May 2026." in adam.get(at).text
    for table in ("rates", "catalogue", "distributors"):
        for form in ("csv", "json"):
            out = adam.get(f"/rules/{table}/export.{form}")
            assert out.headers["content-disposition"].startswith("attachment")
            if (table, form) != ("rates", "json"):
                seen = (
                    2 if (table, form) == ("rates", "csv") else adam.get(at).text.partition("state ")[2].split("<")[0]
                )
                taken = adam.send(f"{at}/import?table={table}&seen={seen}", f"x.{form}", out.text)
                assert taken.status_code == 303, taken.text
    assert adam.post(f"{at}/drop", seen=7).status_code == 303
    assert "dropped" in adam.get(at).text


def test_people_are_added_changed_and_ended_but_for_the_last_admin(served: Served, adam: Person, eva: Person) -> None:
    added = adam.post("/people", name="Nina", role="operator")
    assert "Password for nina" in added.text
    (password,) = re.findall(r'class="secret">([^<]+)<', added.text)
    assert people.sign_in(served.app, "nina", password, "here").person.role == "operator"
    assert "already" in adam.post("/people", name="nina", role="operator").text
    with reading(served.app.engine) as conn:
        ids = {one.name: one.id for one in stored.every(conn)}
        assert stored.session_counts(conn, dt.datetime.now(dt.UTC))[ids["nina"]] == 1
    for act, fields in (("sessions", {}), ("role", {"role": "admin"}), ("end", {})):
        assert adam.post(f"/people/{ids['nina']}/{act}", **fields).status_code == 303
    assert adam.post(f"/people/{ids['anna']}/role", role="admin").status_code == 400, "a partner stays one"
    assert adam.post("/people/nobody/end").status_code == 404
    with served.app.engine.connect() as conn, conn.begin() as undone:
        (nina,) = (one for one in stored.every(conn) if one.name == "nina")
        assert (nina.role, nina.ended_at is not None) == ("admin", True)
        assert [(one.what, one.old, one.new) for one in audit.acts(conn, "nina")][-2:] == [
            ("role changed", "operator", "admin"),
            ("person ended", None, None),
        ]
        alone = next(one for one in stored.every(conn) if one.name == "adam")
        stored.end(conn, next(one for one in stored.every(conn) if one.name == "eva"), who="a test", at=nina.made_at)
        with pytest.raises(stored.LastAdmin):
            stored.end(conn, alone, who="adam", at=nina.made_at)
        with pytest.raises(stored.LastAdmin):
            stored.set_role(conn, alone, "operator", who="adam", at=nina.made_at)
        undone.rollback()
    assert eva.get("/people").status_code == 200


def test_payments_are_prepared_by_one_and_booked_by_another(adam: Person, eva: Person) -> None:
    wrong = adam.send("/payouts?", "paid.csv", "key,partner_id,amount,paid_on\nK1,P9,5.00,2026-03-31\n")
    assert "row 1: there is no partner P9" in wrong.text
    listed = adam.send("/payouts?", "paid.csv", "key,partner_id,amount,paid_on\nK1,P1,5.00,2026-03-31\n")
    (identifier,) = re.findall(r"/payouts/(\w+)/refuse", listed.text)
    assert f"/payouts/{identifier}/book" not in listed.text, "whoever prepared it is not offered to book it"
    assert adam.post(f"/payouts/{identifier}/book").status_code == 409
    assert eva.post(f"/payouts/{identifier}/book").status_code == 303
    assert "booked" in adam.get("/payouts").text
    assert eva.post(f"/payouts/{identifier}/refuse", why="late").status_code == 409


def test_what_is_done_to_a_partner_is_dated_and_the_past_needs_another_person(
    served: Served, adam: Person, eva: Person
) -> None:
    assert "nothing" in adam.post("/partners/P2/noted", day="2026-03-01", what="tiers", why="x").text
    assert adam.post("/partners/P9/left", day="2026-03-01").status_code == 404
    phone = adam.post("/partners/P2/noted", day="2026-03-01", what="welcome_phone_on", why="sent")
    assert phone.headers["location"] == "/partners/P2"
    ahead = {"day": "2099-01-01", "why": "contract"}
    assert adam.post("/partners/P2/tier", tier="silver", **ahead).headers["location"] == "/partners/P2"
    at = adam.post("/partners/P2/tier", tier="silver", day="2026-02-01", why="contract").headers["location"]
    assert "No document would change" in tried(adam, at)
    assert adam.post(f"{at}/approve", seen=1).status_code == 409
    assert eva.post(f"{at}/approve", seen=1).status_code == 303
    assert adam.post(f"{at}/live", seen=1).status_code == 303
    with reading(served.app.engine) as conn:
        (found,) = partners.some(conn, ["P2"])
        done = [one for one in audit.acts(conn, "P2") if one.what.startswith("partner ")]
    assert [str(one.valid_from) for one in found.tiers] == ["2020-01-01", "2026-02-01", "2099-01-01"]
    assert ("partner noted", "sent", '{"welcome_phone_on": "2026-03-01"}') in [(a.what, a.why, a.new) for a in done]
    page = adam.get("/partners?q=muster&tier=silver").text
    assert "Muster AG" in page
    assert "Beispiel GmbH" not in page
    out = adam.get("/partners/export.json").text
    assert "says nothing new" in adam.send("/partners/import?", "p.json", out).text
    assert "tiers[1].tier" in adam.send("/partners/import?", "p.json", out.replace('"gold"', '"platinum"')).text
    assert adam.send("/partners/import?", "p.json", out.replace("Bonn", "Köln")).status_code == 303


def test_the_audit_is_shown_filtered_given_out_and_what_was_changed_in_it_is_found(
    served: Served, adam: Person, who: dict[str, Person]
) -> None:
    assert "draft drafted" in adam.get("/audit?what=draft+drafted&who=adam").text
    assert "draft drafted" not in adam.get("/audit?about=P1").text.partition("<tbody>")[2]
    lines = adam.get("/audit/export.csv?about=anna").text.splitlines()
    assert lines[0] == "position,at,who,what,about,why,old,new"
    assert re.fullmatch(r"head,\d+:[0-9a-f]{64}", lines[-1])
    now = dt.datetime.now(dt.UTC)
    with served.app.engine.begin() as conn:
        assert list(sealing.verify(conn)) == []
        checks.note(conn, "ledger", Head(1, "00"), "7: it was noted and is gone", now)
    for path in ("/audit", "/rules", "/partners", "/people", "/payouts"):
        assert "The ledger was changed." in adam.get(path).text, path
    with served.app.engine.begin() as conn:
        checks.note(conn, "ledger", Head(1, "00"), None, now)
    assert "The ledger was changed." not in who["olga"].get("/rules").text


def opened(browser: Browser, served: Served, name: str, **chosen: Any) -> Page:
    context = browser.new_context(**{"locale": "de-DE", "viewport": {"width": 1280, "height": 900}} | chosen)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.on("console", lambda one: pytest.fail(one.text) if "Security Policy" in one.text else None)
    page.goto(served.url)
    page.get_by_label(re.compile("^Name")).fill(name)
    page.get_by_label(re.compile("^(Kennwort|Password)")).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/review")
    return page


def test_a_rate_is_drafted_in_a_browser_and_another_person_approves(browser: Browser, served: Served) -> None:
    expect.set_options(timeout=60_000)
    adam, eva = opened(browser, served, "adam"), opened(browser, served, "eva")
    adam.goto(f"{served.url}/rules")
    adam.get_by_label("Warum").fill("Sommer")
    adam.get_by_role("button", name="Neuer Entwurf").click()

    def rate(gold: str) -> None:
        form = adam.locator("form[action$='change/rate']")
        for name, value in (("model", "D785"), ("valid_from", "2026-01-01"), ("silver", "12"), ("gold", gold)):
            form.locator(f"[name={name}]").fill(value)
        form.get_by_role("button").click()

    rate("16")
    expect(adam.get_by_role("status")).to_contain_text("sich ändern")
    adam.get_by_role("button", name="Freigeben").click()
    expect(adam.get_by_role("alert")).to_contain_text("eine andere Person")
    address = re.sub(r"/approve$", "", adam.url)
    eva.goto(address)
    eva.get_by_role("button", name="Freigeben").click()
    expect(eva.locator("#preview")).to_contain_text("freigegeben von eva")
    adam.goto(address)
    rate("17")
    expect(adam.locator("#preview")).not_to_contain_text("freigegeben von eva")
    expect(adam.get_by_role("status")).to_contain_text("sich ändern")
    eva.goto(address)
    eva.get_by_role("button", name="Freigeben").click()
    expect(eva.get_by_role("button", name="Gelten lassen")).to_be_visible()
    adam.goto(address)
    adam.get_by_role("button", name="Gelten lassen").click()
    expect(adam.locator("#preview")).to_contain_text("gilt")
    for page in (adam, eva):
        page.context.close()


@pytest.mark.parametrize(("language", "scheme", "width"), [("de-DE", "light", 1280), ("en-GB", "dark", 360)])
def test_the_pages_can_be_used_by_everybody(
    browser: Browser, served: Served, language: str, scheme: Any, width: int
) -> None:
    rates = Person(served, "adam")
    with rates.client:
        latest = rates.post("/rules/drafts", why="Spring").headers["location"]
    with served.app.engine.begin() as conn:
        (found,) = partners.some(conn, ["P1"])
        moved = found.model_copy(update={"city": "Ulm"})
        draft = drafting.draft_partners(conn, [moved], who="adam", why="moved", at=dt.datetime.now(dt.UTC))
    size = {"width": width, "height": 900}
    page = opened(browser, served, "adam", locale=language, color_scheme=scheme, viewport=size)
    for path in (
        "/rules", "/rules/rates?on=2026-03-01", "/rules/catalogue", "/rules/distributors", "/rules/programme", latest,
        "/partners", "/partners/P1", f"/partners/drafts/{draft.id}", "/people", "/payouts", "/audit",
    ):  # fmt: skip
        page.goto(f"{served.url}{path}")
        shot(page, f"{re.sub('[^a-z]+', '-', str(path)[:30])}-{language}-{width}")
        assert found_by_axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
    page.context.close()
