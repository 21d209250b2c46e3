"""The portal as it is run by many at once: on PostgreSQL and Redis, with a worker beside it, in a browser."""

import re
import shutil
from pathlib import Path

from playwright.sync_api import Browser, FilePayload, Page, expect, sync_playwright
from sample_portal import PASSWORD, Served, serving, working
from sample_uploads import DAY, invoice

from fixtures.servers import Postgres, Redis
from store.engine import reading
from store.integrity import check
from workers import steps
from workers.settling import today

SLOW = 180_000
SERIAL = "000413009901"


def _signed_in(browser: Browser, served: Served, name: str) -> Page:
    page = browser.new_context(locale="de-DE").new_page()
    page.set_default_timeout(SLOW)
    page.goto(served.url)
    page.get_by_label(re.compile("^Name")).fill(name)
    page.get_by_label("Kennwort").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/(invoices|review)$"))
    return page


def test_from_the_upload_to_the_decision_and_a_batch(tmp_path: Path, postgres: Postgres, redis: Redis) -> None:
    database = postgres.new_database()
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with (
        serving(tmp_path, database, redis.url) as served,
        working(served, database, redis.url),
        sync_playwright() as playwright,
    ):
        app = served.app
        steps.run(app, steps.accept(app, invoice("FIRST", serial=SERIAL, day=5), "first.xml", "P1", DAY).id)
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        partner, operator = (_signed_in(browser, served, name) for name in ("anna", "olga"))
        partner.evaluate("window.isTheSame = true")
        later = (today() - DAY).days  # what is uploaded here is accepted today
        held = invoice("SECOND", phones=2, serial=SERIAL, day=6 + later)
        files = [("held.xml", held), ("good.xml", invoice("THIRD", phones=4, day=7 + later))]
        partner.locator("#upload input[name=file]").set_input_files(
            [FilePayload(name=name, mimeType="application/xml", buffer=data) for name, data in files]
        )
        expect(partner.locator("#list li", has_text="THIRD")).to_contain_text("anerkannt", timeout=SLOW)
        expect(partner.locator("#list li", has_text="SECOND")).to_contain_text("bei uns in Prüfung", timeout=SLOW)
        assert partner.evaluate("window.isTheSame"), "all of it was shown without loading the page anew"
        operator.goto(f"{served.url}/review")
        operator.locator("#walk a", has_text="SECOND").click()
        operator.wait_for_url(re.compile("/review/"))
        operator.get_by_role("button", name=re.compile("28,00.€ anerkennen")).click()
        operator.wait_for_load_state()
        partner.reload()
        expect(partner.locator("#list li", has_text="SECOND")).to_contain_text("28,00", timeout=SLOW)
        operator.goto(f"{served.url}/batches/new?stage=read")
        operator.get_by_role("button", name="Probelauf").click()
        expect(operator.locator("main")).to_contain_text("Nichts würde sich ändern.", timeout=SLOW)
        browser.close()
        with reading(app.engine) as conn:
            assert list(check(conn, app.blobs)) == []
    postgres.drop(database)
