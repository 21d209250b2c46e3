"""How figures are printed: one in another font, size or base line than its neighbours was put there afterwards.

Arithmetic cannot see a figure that was altered with all that depends on it, and the page shows it as the file says it.
But whoever alters a PDF seldom has its font, of which only the letters in use are embedded, and seldom hits the line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from extractors.pdfium import Glyph
from extractors.witness import FIELDS, Doubt, digits
from model.page import Page, Word
from model.reading import Reading

Glyphs = Callable[[int], Sequence[Glyph]]
"""Page number (from 1) to the letters on it."""

SIZE = 0.06
"""Letters of one size differ by no more than this share of it: some producers scale each line by itself."""
BASE = 0.05
"""Figures of one row stand on one base line but for this share of their size ..."""
ROW = 0.6
"""... and are not of one row if they lie further apart than this share."""
WORDS = ("item_name", "item_identifier")
"""Fields that are no figures: a name may be printed in whatever font."""
PAIR = 2
"""Of so many positions one tells how figures are printed only if all of its own are printed alike."""
_CUTS = [
    re.compile(pattern)
    for pattern in (
        r"MT$",
        r"[-,](?:Bold|Italic|Oblique|Regular|Roman|Medium|Light|Book|Condensed)+$",
        r"PS$",
    )
]
"""What the name of a font says beside its family, from the outside in."""
_PART = re.compile(r"[A-Z]{6}\+")
"""So begins the name of a font of which only the letters in use are embedded (ISO 32000-1, 9.6.4)."""
_LINES = re.compile(r"lines\.(\d+)\.(quantity|net_price|net_amount)")


class Print(NamedTuple):
    """How a digit is printed: its font, its size and its base line (points from the top)."""

    font: str
    size: float
    base: float

    def alike(self, other: Print) -> bool:
        """Whether two digits are of one font and size."""
        return self.font == other.font and abs(self.size - other.size) <= SIZE * max(self.size, other.size)

    def level(self, other: Print) -> bool:
        """Whether two digits stand on one base line."""
        return abs(self.base - other.base) <= BASE * max(self.size, other.size)

    def beside(self, other: Print) -> bool:
        """Whether two digits stand on one row."""
        return abs(self.base - other.base) <= ROW * max(self.size, other.size)


Figures = Mapping[str, tuple[Word, Print]]
"""By field path the first word of a figure, and how its first digit is printed."""


def altered(reading: Reading, pages: Sequence[Page], glyphs: Glyphs) -> tuple[Doubt, ...]:
    """Return the figures of pages with a text layer that are printed otherwise than those around them."""
    letters: set[str] = set()
    figures: dict[str, tuple[Word, Print]] = {}
    torn: dict[str, Word] = {}
    for page in pages:
        if page.origin != "text" or page.pictured or not page.words:
            continue
        every = glyphs(page.number)
        letters |= {_family(_font(glyph)) for glyph in every if glyph.text.isalpha()}
        for path, word in _words(reading, page):
            prints = [_print(glyph) for glyph in every if glyph.text.isdigit() and _within(glyph, word)]
            if prints:
                figures.setdefault(path, (word, prints[0]))
                if not all(one.alike(prints[0]) and one.level(prints[0]) for one in prints):
                    torn[path] = word
    strange = {path: figures[path][0] for path in (*_foreign(figures, letters), *_out_of_line(figures))}
    return tuple(Doubt(path, word.text, word.text) for path, word in (torn | strange).items())


def _words(reading: Reading, page: Page) -> Iterator[tuple[str, Word]]:
    """Yield the words with digits of the fields on which money rests."""
    for path, found in reading.evidence.items():
        if found.page == page.number and found.box is not None and FIELDS.fullmatch(path) and not path.endswith(WORDS):
            yield from ((path, word) for word in found.words(page) if digits(word.text))


def _within(glyph: Glyph, word: Word) -> bool:
    box = glyph.box
    return word.box.x0 <= box.centre <= word.box.x1 and word.box.top <= box.middle <= word.box.bottom


def _print(glyph: Glyph) -> Print:
    return Print(_font(glyph), glyph.box.height, glyph.base)


def _font(glyph: Glyph) -> str:
    return _PART.sub("", glyph.font)


def _family(font: str) -> str:
    for cut in _CUTS:
        font = cut.sub("", font)
    return font


def _foreign(figures: Figures, letters: set[str]) -> Iterator[str]:
    """Yield the figures in a font of their own: no letters have it, and no more than half of the figures."""
    families = {path: _family(found.font) for path, (_, found) in figures.items()}
    for family in set(families.values()) - letters:
        own = [path for path, name in families.items() if name == family]
        if len(own) * 2 <= len(figures):
            yield from own


def _out_of_line(figures: Figures) -> Iterator[str]:
    """Yield the figures of positions that differ from those above and below them, or leave their row."""
    lines: dict[str, dict[str, Print]] = {}
    for path, (_, found) in figures.items():
        place = _LINES.fullmatch(path)
        if place is not None:
            lines.setdefault(place[1], {})[place[2]] = found
    for number, row in lines.items():
        columns = {
            role: [other[role] for key, other in lines.items() if key != number and role in other] for role in row
        }
        fitting = {role for role, found in row.items() if any(map(found.alike, columns[role]))}
        for role, found in row.items():
            beside = [other for name, other in row.items() if name != role and other.beside(found)]
            told = len(columns[role]) > 1 or (len(lines) == PAIR and _uniform(lines, but=number))
            stranger = role not in fitting and told and (fitting or not any(map(found.alike, beside)))
            if stranger or (_leaves_row(found, beside) and not _usual(role, found, row, lines, number)):
                yield f"lines.{number}.{role}"


def _uniform(lines: Mapping[str, Mapping[str, Print]], *, but: str) -> bool:
    """Whether the figures of each other position are printed alike."""
    others = [list(row.values()) for key, row in lines.items() if key != but]
    return all(len(row) > 1 and all(map(row[0].alike, row)) for row in others)


def _leaves_row(found: Print, beside: Sequence[Print]) -> bool:
    """Whether the other figures of a row stand on one base line, and this one does not."""
    return len(beside) > 1 and beside[0].level(beside[1]) and not found.level(beside[0])


def _usual(
    role: str, found: Print, row: Mapping[str, Print], lines: Mapping[str, Mapping[str, Print]], number: str
) -> bool:
    """Whether the same figure of another position stands as far from its row."""
    name = next(name for name in row if name != role)
    shift, most = found.base - row[name].base, BASE * found.size
    others = (other for key, other in lines.items() if key != number and role in other and name in other)
    return any(abs(other[role].base - other[name].base - shift) <= most for other in others)
