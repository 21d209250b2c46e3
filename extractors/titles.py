"""Titles: what a document calls itself, as prominent as it is printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from extractors.header import NUMBER_FIELDS, number_in, value_at, value_below
from extractors.rows import Row, Spot
from extractors.vocabulary import Label, labels, titled

LARGE = 1.25
"""A row of its own in letters so much larger than the page's is its title, also with the number of a delivery."""


@dataclass(frozen=True, slots=True)
class Title:
    """A title of the document: the classes that it stands for, and how prominent it is."""

    classes: frozenset[str]
    spot: Spot
    score: float


def find_titles(rows: Sequence[Row]) -> tuple[Title, ...]:
    """Find the titles on a page, the most prominent first: large, first in a cell, high up, alone or with a number."""
    if not rows:
        return ()
    usual = median(row.height for row in rows)
    found: list[Title] = []
    for index, row in enumerate(rows):
        for start, end in row.cells():
            hit = next((n for n in (4, 3, 2, 1) if start + n <= end and _title(row, start, n)), None)
            if hit is None:
                continue
            if start + hit < len(row.words) and row.words[start + hit].text.startswith(":"):
                continue  # a label with its value
            large = len(list(row.cells())) == 1 and row.height > LARGE * usual
            if not large and _names_another(rows, index, start):
                continue
            classes = _title(row, start, hit)
            remark = row.spot(start + hit, end).text.partition(")")[0].strip("( ")
            if "correction" in classes and "credit_note" in titled(remark):
                classes = frozenset({"credit_note"})  # "Rechnungskorrektur (Gutschrift)"
            spot = row.spot(start, start + hit)
            height = median(w.box.height for w in spot.words)
            numbered = end - start == hit or number_in(row.spot(start + hit, end).text) is not None
            alone = numbered and sum(1 for _ in row.cells()) == 1
            score = 3 * (height / usual - 1) + alone - 1.2 * row.box.top / row.page.height
            found.append(Title(classes, spot, score + 0.1 * hit))
    return tuple(sorted(found, key=lambda title: -title.score))


def _names_another(rows: Sequence[Row], index: int, start: int) -> bool:
    """Whether a label with the number of another document stands here: "Delivery note" above "85644359"."""
    row = rows[index]
    label = next((x for x in labels(row) if x.start == start), None)
    if label is None:
        cells = list(row.cells())
        end = next(b for a, b in cells if a <= start < b)
        return len(cells) > 1 and value_below(rows, index, Label(frozenset(), row, start, end), number_in) is not None
    others = set(NUMBER_FIELDS) - {"invoice_number"}
    return label.fields <= others and value_at(rows, index, label, number_in) is not None


def _title(row: Row, start: int, length: int) -> frozenset[str]:
    text = row.spot(start, start + length).text
    if text.endswith(":") or not (text[:1].isupper() or text[:1].isdigit()):
        return frozenset()
    found = titled(text.strip(".#,"), fuzzy=row.page.origin == "ocr")
    return found or (frozenset({"invoice"}) if length == 1 and _COMPOUND.fullmatch(text) else frozenset())


_COMPOUND = re.compile(r"[^\W\d_]{3,}(?<!be)(?<!ab)(?<!zu)rechnung", re.IGNORECASE)
"""Mietrechnung, Baurechnung: German invoices are named after what they are for."""
