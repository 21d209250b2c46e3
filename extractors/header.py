"""Header fields by their labels and places: number, dates, customer number, preceding invoice, currency."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from extractors.identifiers import is_vat_identifier
from extractors.numbers import find_date, parse_number
from extractors.rows import Row, Spot
from extractors.vocabulary import Label, broken_labels, labels
from model.page import Box

BELOW = 3.0
"""A value stands under its label within this many letter heights."""
TITLE_BLANK = 1.5
"""A wider blank than this many letter heights parts a title from what stands beside it."""
BESIDE = 0.4
"""A value stands beside its label if their rows overlap by this share of the lower one's height."""
SHORTEST = 2
"""A number has more characters than this, unless it stands beside its label."""
LETTERHEAD = 0.5
"""A letter bears its date in this upper share of the page."""
NUMBER_FIELDS = (
    "invoice_number",
    "customer_number",
    "order_reference",
    "despatch_note",
    "sales_order",
    "preceding_invoice",
)
DATE_FIELDS = frozenset({"issue_date", "delivery_date", "due_date", "order_date", "print_date"})
_TOKEN = re.compile(r"[A-Za-z0-9ÄÖÜ][A-Za-z0-9ÄÖÜäöü/._\-+]*")
_TYPE_CODE = re.compile(r"\(\d{3}\)")
"""BT-3 beside the title: "Invoice (380) No. 4711"."""
_STOP = frozenset(
    "vom von of du van dated datum date bis und and for für zum zur from per fällig siehe seite page gemäß".split()
)
_SKIP = frozenset(["nr", "nr.", "no", "no.", "n°", "nº", "#", ":", "-", "number", "nummer", "n°:", "nr.:", "no.:", "·"])


@dataclass(frozen=True, slots=True)
class Found:
    """A value found at a label: the text of it, where it stands, and how good a candidate it is."""

    text: str
    spot: Spot
    score: float
    label: Label


def all_labels(rows: Sequence[Row]) -> tuple[tuple[int, Label], ...]:
    """Return every label on a page with the index of its row; one that is broken over two rows stands on the second."""
    whole = ((index, label) for index, row in enumerate(rows) for label in labels(row))
    return (*whole, *broken_labels(rows, {*NUMBER_FIELDS, *DATE_FIELDS}))


Accept = Callable[[str], str | None]
"""Gives the value at the beginning of a text, if there is one of the kind that is looked for."""


class Value(NamedTuple):
    """A value, where it stands, and how well it stands to its label."""

    text: str
    spot: Spot
    score: float


def value_at(rows: Sequence[Row], index: int, label: Label, accept: Accept) -> Value | None:
    """Return what stands at a label and is accepted: to the right of it (score 2 to 3), else under it (score 1)."""
    row = rows[index]
    start = label.end
    while start < len(row.words) and row.words[start].text.casefold() in _SKIP:
        start += 1
    beside: Value | None = None
    if start == len(row.words):
        beside = _on_the_next_row(rows, index, label, accept)
    elif not _labelled(row, start):
        _, end = row.cell(start)
        found = accept(row.spot(start, end).text)
        if found is not None:
            beside = Value(found, _words_of(row, start, end, found), 2.0 + (row.gap(start) < 12 * row.height))
    return beside or value_below(rows, index, label, accept)


def _on_the_next_row(rows: Sequence[Row], index: int, label: Label, accept: Accept) -> Value | None:
    """A value beside a label that ends its row: OCR may see the two on rows that overlap."""
    for other in (*rows[max(index - 1, 0) : index], *rows[index + 1 : index + 2]):
        for a, b in other.cells():
            spot = other.spot(a, b)
            found = accept(spot.text) if _overlap(spot.box, label.spot.box) and not _labelled(other, a) else None
            if found is not None:
                return Value(found, _words_of(other, a, b, found), 2.0)
    return None


def value_below(rows: Sequence[Row], index: int, label: Label, accept: Accept) -> Value | None:
    """A value a little below a label, if it stands under no other label in between."""
    row = rows[index]
    between: list[Label] = []
    for lower in rows[index + 1 : index + 4]:
        if lower.box.top - row.box.bottom > BELOW * row.height:
            return None
        for a, b in lower.cells():
            spot = lower.spot(a, b)
            nearer = any(_under(spot.box, other.spot.box) for other in between)
            if _under(spot.box, label.spot.box) and not nearer and not _labelled(lower, a):
                found = accept(spot.text)
                if found is not None:
                    return Value(found, _words_of(lower, a, b, found), 1.0)
        between += filter(_is_word, labels(lower))
    return None


def _labelled(row: Row, start: int) -> bool:
    """Whether a label begins at this word and is followed by its own value: then it is no value itself."""
    return any(label.start == start and label.end - start >= 1 and _is_word(label) for label in labels(row))


def _is_word(label: Label) -> bool:
    return not any(c.isdigit() for c in label.spot.text)


def _under(value: Box, label: Box) -> bool:
    return min(value.x1, label.x1) - max(value.x0, label.x0) > 0 or abs(value.x0 - label.x0) < 3


def _overlap(value: Box, label: Box) -> bool:
    """Whether a value on a row of its own stands beside a label all the same: their rows overlap, as OCR sees some."""
    shared = min(value.bottom, label.bottom) - max(value.top, label.top)
    return value.x0 > label.x1 and shared > BESIDE * min(value.height, label.height)


def _words_of(row: Row, start: int, end: int, text: str) -> Spot:
    """The words of a cell that hold a text, or the whole cell."""
    bare = text.replace(" ", "")
    for a in range(start, end):
        joined = ""
        for b in range(a, end):
            joined += row.words[b].text
            if bare in joined:
                return row.spot(a, b + 1)
            if not joined.startswith(bare[: len(joined)]) and len(joined) > len(bare) + 3:
                break
    return row.spot(start, end)


def number_in(text: str) -> str | None:
    """Find a document number at the beginning of a text: a token with a digit that is no date and no amount."""
    words = text.split()
    for index, word in enumerate(words[:3]):
        if word.casefold().strip(":,") in _STOP:
            return None
        token = _TOKEN.match(word.strip("#:(),."))
        if token is None or _TYPE_CODE.fullmatch(word):
            continue
        value = token.group().rstrip(".,-/")
        if not any(c.isdigit() for c in value) or is_vat_identifier(value):
            continue
        if index and words[index - 1].isupper() and len(words[index - 1]) <= 4 and words[index - 1].isalpha():
            value = f"{words[index - 1]} {value}"
        return value if _could_be_number(value, " ".join(words[index:])) else None
    return None


def lone_number(text: str) -> str | None:
    """Find a document number that is all there is, up to a comma."""
    first = text.partition(",")[0].strip()
    found = number_in(first)
    return found if found is not None and len(first.split()) == len(found.split()) else None


def _could_be_number(value: str, rest: str) -> bool:
    date = find_date(rest)
    if (date is not None and rest.startswith(date[1])) or _TAX_NUMBER.fullmatch(value):
        return False
    number = parse_number(value)
    return number is None or (number.decimals == 0 or number.decimals > 2)


_TAX_NUMBER = re.compile(r"\d{2,3}/\d{3}/\d{4,5}")
"""A tax number as German tax offices write it (BT-32), which need not be labelled so that it is known."""


def find_numbers(pages: Sequence[Sequence[Row]]) -> dict[str, list[Found]]:
    """Find candidates for every kind of document number, best first."""
    found: dict[str, list[Found]] = {field: [] for field in NUMBER_FIELDS}
    for page_index, rows in enumerate(pages):
        for index, label in all_labels(rows):
            bonus = _label_score(label) - page_index * 2
            near = rows[max(index - NEAR, 0) : index + NEAR + 1]
            fields = label.fields & set(NUMBER_FIELDS) or _bare_number(label, near)
            for field in fields:
                value = value_at(rows, index, label, number_in)
                # what stands below a title may be a position's number
                if value is not None and (len(value.text) > SHORTEST or value.score > 1):
                    found[field].append(Found(value.text, value.spot, value.score + bonus, label))
            value = value_at(rows, index, label, lone_number) if "buyer_heading" in label.fields else None
            if value is not None:  # "Customer: K-4711"
                found["customer_number"].append(Found(value.text, value.spot, value.score + bonus - 1, label))
    if pages:
        found["invoice_number"] += _titled_numbers(pages[0])
    for candidates in found.values():
        candidates.sort(key=lambda c: -c.score)
    return found


def _bare_number(label: Label, near: Sequence[Row]) -> set[str]:
    """The field of a label that says no more than "No.": it is the document's own number.

    It is so with a colon, or beside other labels of a document's head or in a column with them: over a table "No."
    numbers positions.
    """
    text = label.spot.text.casefold()
    listed = label.start > 0 and label.row.words[label.start - 1].text.endswith(",")
    if text.rstrip(": ") not in _SKIP or not (listed or any(a == label.start for a, _ in label.row.cells())):
        return set()
    others = labels(label.row)
    beside = frozenset[str]().union(*(other.fields for other in others))
    if len(others) == 1:
        edge, most = label.spot.box.x0, 0.5 * label.row.height
        stacked = (other for row in near for other in labels(row) if abs(other.spot.box.x0 - edge) < most)
        beside = beside.union(*(other.fields for other in stacked))
    return {"invoice_number"} if text.endswith(":") or (beside & _HEAD and not beside & _COLUMNS) else set()


NEAR = 3
"""Rows between a bare "No." and the labels above and below it that say of what."""
_HEAD = frozenset({"issue_date", "due_date", "customer_number", "order_date"})
"""Labels beside which a bare "No." is the document's ..."""
_COLUMNS = frozenset({"quantity", "item_name", "net_price"})
"""... and those beside which it is a position's."""


_TITLED = re.compile(
    r"^(?:[\w.\-]*rechnung|[\w\-]*gutschrift|invoice|credit note|facture|avoir|factuur|creditnota)\b"
    r"[^\d:]{0,40}?(?:\(\d{3}\))?"
    r"\s*(?:nr\.?|no\.?|n°|number|nummer|#)\s*:?\s*(?=\S*\d)",
    re.IGNORECASE,
)


def _titled_numbers(rows: Sequence[Row]) -> Iterator[Found]:
    """Yield numbers that follow the title on its row: "Baurechnung Nr. 181301674 vom 25.04.2018"."""
    for row in rows:
        for start, end in _runs(row):
            text = row.spot(start, end).text
            head = _TITLED.match(text)
            number = number_in(text[head.end() :]) if head else None
            if head is not None and number is not None:
                count = len(text[: head.end()].split())
                label = Label(frozenset({"invoice_number"}), row, start, start + count)
                yield Found(number, _words_of(row, start + count, end, number), 3.5, label)


def _runs(row: Row) -> Iterator[tuple[int, int]]:
    """Yield each cell of a row with those that follow it closely: large letters have large blanks."""
    cells = list(row.cells())
    for index, (start, end) in enumerate(cells):
        last = end
        for following, stop in cells[index + 1 :]:
            if row.gap(following) > TITLE_BLANK * row.height:
                break
            last = stop
        yield start, last


def _label_score(label: Label) -> float:
    """Long labels tell more than short ones; one in the middle of running text tells less."""
    text = label.spot.text
    score = min(len(text), 16) / 8
    lead, _ = label.row.cell(label.start)
    before = label.row.words[label.start - 1].text if label.start > lead else ""
    if before and not before.endswith((",", ";", "·", "|", "/")):
        score -= 1.5 if before.casefold() not in _REFERRING else 3
    return score + (0.5 if text.endswith(":") or label.row.page.number == 1 else 0)


_REFERRING = frozenset("aus zu zur zum gegen from to against sur uit op".split())
"""Words before the label of another document: "Rückgabe aus Rechnung 4711"."""


def find_dates(pages: Sequence[Sequence[Row]], *, month_first: bool) -> dict[str, list[tuple[dt.date, Found]]]:
    """Find candidates for the dates by label, best first."""
    found: dict[str, list[tuple[dt.date, Found]]] = {}

    def accept(text: str) -> str | None:
        hit = find_date(text, month_first=month_first)
        return hit[1] if hit and text.find(hit[1]) <= 4 else None

    for page_index, rows in enumerate(pages):
        for index, label in (*all_labels(rows), *_of_the_day(rows)):
            fields = label.fields & DATE_FIELDS
            value = value_at(rows, index, label, accept) if fields else None
            hit = None if value is None else find_date(value.text, month_first=month_first)
            if value is None or hit is None:
                continue
            total = value.score + _label_score(label) - page_index * 2
            for field in fields:
                found.setdefault(field, []).append((hit[0], Found(value.text, value.spot, total, label)))
    for candidates in found.values():
        candidates.sort(key=lambda c: -c[1].score)
    return found


def _of_the_day(rows: Sequence[Row]) -> Iterator[tuple[int, Label]]:
    """Yield where no more than "vom:" stands before a date, or in a cell: it is the document's own.

    In running text it is so behind a comma.
    """
    for index, row in enumerate(rows):
        for first, end in row.cells():
            listed = (i for i in range(first + 1, end) if row.words[i - 1].text.endswith(","))
            for start in (first, *listed):
                if row.words[start].text.casefold().rstrip(":") in _DATED and (
                    end == start + 1 or any(c.isdigit() for c in row.words[start + 1].text)
                ):
                    yield index, Label(frozenset({"issue_date"}), row, start, start + 1)


_DATED = frozenset("vom dated du d.d".split())
"""Words that stand between a document's name and its date, in German, English, French and Dutch."""


def date_after(spot: Spot, rows: Sequence[Row], *, month_first: bool) -> tuple[dt.date, Spot] | None:
    """Find the date in the text that follows a number: "Rechnung 4711 vom 12.06.2026"."""
    row = next((r for r in rows if spot.words[-1] in r.words), None)
    if row is None:
        return None
    start = row.words.index(spot.words[-1]) + 1
    end = next((b for a, b in row.cells() if a < start <= b), len(row.words))
    text = " ".join(w.text for w in row.words[start:end])
    hit = find_date(text, month_first=month_first)
    if hit is None and text:  # a wide blank may fall into a date: "of June 5,   2026"
        end = min(end + 1, len(row.words))
        text = " ".join(w.text for w in row.words[start:end])
        hit = find_date(text, month_first=month_first)
    if hit is None or not _JOINS.fullmatch(text.partition(hit[1])[0].strip().casefold()):
        return None
    return hit[0], _words_of(row, start, end, hit[1])


_JOINS = re.compile(r"(?:vom|von|of|du|van|dated|from|issued|am|at|on|datum|date|le|den|-|·|,|:| )+")
"""What may stand between an invoice's number and its date."""


def lone_dates(rows: Sequence[Row], *, month_first: bool) -> Iterator[tuple[dt.date, Spot]]:
    """Yield dates that stand in a cell of their own in the upper half of a page, as at the top of a letter."""
    for row in rows:
        if row.box.top > LETTERHEAD * row.page.height:
            return
        for start, end in row.cells():
            text = row.spot(start, end).text
            hit = find_date(text, month_first=month_first)
            bare = re.sub(r"^(?:[^\W\d_]+,? +)?(?:den |the |le )?", "", text)
            if hit is not None and hit[1] in text and len(bare) <= len(hit[1]) + 2:
                yield hit[0], row.spot(start, end)


def currency(pages: Sequence[Sequence[Row]]) -> tuple[str, Spot] | None:
    """Find the currency: what a label says, else the sign or code that stands at most figures."""
    names = {"€": "EUR", "eur": "EUR", "euro": "EUR", "$": "USD", "usd": "USD", "£": "GBP", "gbp": "GBP", "chf": "CHF"}
    seen: Counter[str] = Counter()
    first: dict[str, Spot] = {}
    for rows in pages:
        for row in rows:
            for index, word in enumerate(row.words):
                bare = word.text.strip("().,:*").casefold()
                code = names.get(bare)
                if code is None and bare[:1] in {"€", "$", "£"}:
                    code = names[bare[0]]
                if code is None and bare[-1:] in {"€", "$", "£"}:
                    code = names[bare[-1]]
                if code is not None:
                    weight = 5 if any(x.end == index and "currency" in x.fields for x in labels(row)) else 1
                    seen[code] += weight
                    first.setdefault(code, row.spot(index, index + 1))
    if not seen:
        return None
    best = seen.most_common(1)[0][0]
    return best, first[best]
