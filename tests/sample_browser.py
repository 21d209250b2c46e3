"""A browser, Debian's chromium, in which nothing goes wrong unnoticed, and what people do in it."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Dialog, FilePayload, Page, Request, expect, sync_playwright
from sample_portal import PASSWORD, Served

AXE = Path(__file__).parent / "data" / "axe" / "axe-core-4.14.1.min.js"
PHONE, DESK = (360, 740), (1280, 900)
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SHOTS = os.environ.get("SHOTS")
"""A folder for pictures of what is tested; None: none are taken."""


expect.set_options(timeout=30_000)


@contextmanager
def launched() -> Iterator[Browser]:
    """Start the browser."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield made
        made.close()


@contextmanager
def watched(
    browser: Browser,
    served: Served,
    size: tuple[int, int] = DESK,
    language: str = "de-DE",
    *,
    dark: bool = False,
    script: bool = True,
) -> Iterator[BrowserContext]:
    """Open a window, and see that no page of it says that anything is wrong, nor asks for anything elsewhere."""
    made = browser.new_context(
        locale=language,
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
        viewport={"width": size[0], "height": size[1]},
        has_touch=size == PHONE,
    )
    made.set_default_timeout(30_000)
    faults: list[str] = []

    def requested(one: Request) -> None:
        if not one.url.startswith((served.url, "blob:")):
            faults.append(one.url)

    def said(kind: str, text: str) -> None:
        # That an answer was a refusal or broke off is said there too, and tested elsewhere.
        if kind in {"error", "warning"} and "status of 4" not in text and "ERR_FAILED" not in text:
            faults.append(text)

    made.on("console", lambda message: said(message.type, message.text))
    made.on("weberror", lambda error: faults.append(str(error.error)))

    def asked(dialog: Dialog) -> None:
        faults.append(dialog.message)
        dialog.dismiss()

    made.on("dialog", asked)
    made.on("request", requested)
    yield made
    made.close()
    assert faults == []


def sign_in(context: BrowserContext, served: Served, name: str = "anna") -> Page:
    """Sign somebody in, who stood somewhere else before, and return the page that they come to."""
    context.clear_cookies()
    page = context.new_page()
    page.goto(served.url)
    page.get_by_label(re.compile("^Name")).fill(name)
    page.get_by_label(re.compile("^(Kennwort|Password)")).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/(invoices|review)$"))
    return page


def chosen(*files: tuple[str, bytes]) -> list[FilePayload]:
    """Return files as they are chosen with a button."""
    return [FilePayload(name=name, mimeType="application/octet-stream", buffer=data) for name, data in files]


def shot(page: Page, name: str) -> None:
    """Take a picture of a page, if pictures are wanted."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def found_by_axe(page: Page) -> list[tuple[str, list[str]]]:
    """Return what keeps somebody from using a page as it stands, by WCAG 2.2 AA: the rule and the elements."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("tags => axe.run({ runOnly: tags })", TAGS)["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]


def usable(page: Page) -> bool:
    """Whether everybody can use a page as it stands: nothing that axe finds, and no scrolling sideways."""
    assert found_by_axe(page) == []
    wide = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    return bool(page.evaluate(wide))
