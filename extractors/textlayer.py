"""The door to pdfplumber: the text layer read a second time, by another program than PDFium."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING, Any

import pdfplumber
from pdfminer.pdftypes import resolve1

from model.contents import Unreadable
from model.page import LONGEST_WORD, Box, Page, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

RUNG = "pdfplumber"
WORD_GAP = 0.17
"""Letters further apart than this share of the letter size belong to two words."""
MAX_CONTENTS = 2_000_000
"""Bytes that draw a page; pdfminer takes a minute for five million, and an invoice has some ten thousand."""
LINE_SHIFT = 3.0
"""Points by which the letters of a word may stand higher or lower."""

logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # it reports every oddity of a file; what matters is raised


def text_pages(data: bytes, numbers: Sequence[int] | None = None) -> tuple[Page, ...]:
    """Read the text layer of the pages with these numbers (from 1; all by default) as words with boxes.

    Raises Unreadable `damaged` for what pdfminer, its engine, cannot parse.
    """
    try:
        with pdfplumber.open(io.BytesIO(data)) as document:
            chosen = range(1, len(document.pages) + 1) if numbers is None else numbers
            return tuple(_page(document.pages[number - 1], number) for number in chosen)
    except (Unreadable, MemoryError):
        raise
    except Exception as error:
        raise Unreadable("damaged", "The text of the PDF cannot be read.") from error


def _page(page: Any, number: int) -> Page:
    if sum(len(resolve1(part).get_data()) for part in page.page_obj.contents) > MAX_CONTENTS:
        raise Unreadable("damaged", f"What draws page {number} of the PDF is too long to be read twice.")
    found = page.filter(_once()).extract_words(
        x_tolerance_ratio=WORD_GAP, y_tolerance=LINE_SHIFT, keep_blank_chars=False, use_text_flow=True
    )
    left, top, _, _ = page.bbox
    words = tuple(
        Word(
            each["text"][:LONGEST_WORD],
            Box(each["x0"] - left, each["top"] - top, each["x1"] - left, each["bottom"] - top),
        )
        for each in found
        if each.get("upright", True)
    )
    width, height = float(page.width), float(page.height)
    page.close()
    return Page(number, width, height, words, "text", RUNG)


def _once() -> Callable[[dict[str, Any]], bool]:
    """Return a filter that lets a letter through once per place: files print letters twice to make them bold.

    pdfplumber's own `dedupe_chars` takes 33 s for a page of 23,000 letters: its last sort looks each one up in a list.
    """
    seen: set[tuple[str, int, int]] = set()

    def first(thing: dict[str, Any]) -> bool:
        if thing["object_type"] != "char":
            return True
        place = (thing["text"], round(thing["x0"]), round(thing["top"]))
        known = place in seen
        seen.add(place)
        return not known

    return first
