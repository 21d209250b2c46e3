"""Text that a file holds and its pages do not show: invisible, white, switched off, off the page, or under other text.

A reader of the file alone would take it for printed. Behind a picture of the page it may be the words of an honest OCR;
those are compared with the picture elsewhere (`extractors.witness`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from extractors.images import clipped
from extractors.overprint import overprinted
from extractors.witness import INK, MOST_WORDS, Doubt, Render, digits
from model.page import Page, Word
from model.reading import Reading

DPI = 100
"""Enough to see whether anything is printed at a place."""
MOST = 20
"""No more places of a document are named."""
NAMES = re.compile(r"type_code|(?:seller|buyer)\.name|lines\.\d+\.item_name")
"""Fields without digits on which it rests what a document is, whose, and what it sells."""


def hidden(pages: Sequence[Page], render: Render, reading: Reading) -> tuple[Doubt, ...]:
    """Return the words of text layers, as the file has them, that their pages do not show.

    Of all words those with digits are looked up, and those that were read as a title, a name, or what a line sells.
    """
    return tuple(doubt for page in pages if page.words for doubt in _hidden(page, render, reading))[:MOST]


def _hidden(page: Page, render: Render, reading: Reading) -> Iterator[Doubt]:
    named = {id(word) for word in _named(page, reading)}
    told = [word for word in page.words if id(word) in named or digits(word.text)][:MOST_WORDS]
    yield from (Doubt("", word.text, "") for word in told if not page.holds(word))
    if page.pictured:
        return
    gray = render(page.number, DPI)
    for word in filter(page.holds, told):
        cut = clipped(gray, word.box, DPI / 72, 0, 0)
        if not cut.size or int(cut.max()) - int(cut.min()) < INK:
            yield Doubt("", word.text, "")
    for one, other in overprinted(page):
        if digits(one.text) != digits(other.text):
            yield Doubt("", one.text, other.text)


def _named(page: Page, reading: Reading) -> Iterator[Word]:
    """Yield the words of a page where a title, a name, or what a line sells was read."""
    for path, found in reading.evidence.items():
        if found.page == page.number and found.box is not None and NAMES.fullmatch(path):
            yield from found.words(page)
