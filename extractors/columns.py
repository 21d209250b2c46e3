"""Header rows of item tables: which columns a table has, where they stand, and what their words say they hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from extractors.numbers import Mark
from extractors.rows import Row, Spot, figures
from extractors.vocabulary import Label, begins_label, labels, named
from model.page import Box, union

ROLES = frozenset(
    {
        "line_identifier",
        "item_name",
        "sellers_item_identifier",
        "buyers_item_identifier",
        "manufacturers_item_identifier",
        "standard_item_identifier",
        "serial_number",
        "quantity",
        "unit",
        "net_price",
        "gross_price",
        "price_base_quantity",
        "discount",
        "line_allowance",
        "line_net_amount",
        "line_gross_amount",
        "line_vat_amount",
        "vat_rate",
    }
)
"""What a column of an item table can hold."""
_TELLING = frozenset({"quantity", "net_price", "line_net_amount", "line_gross_amount"})
_FIGURES = _TELLING | {"price_base_quantity", "discount", "line_allowance", "vat_rate", "unit"}
APART = 0.4
"""Words of two columns that one cell seems to hold have a wider blank than this many letter heights between them."""
BETWEEN = 0.8
"""What two headings say together is no third one if a wider blank than this many letter heights is between them."""
WIDE = 2.0
"""What stands below a heading and is wider than it by this factor is no part of it."""
FLUSH = 0.3
"""A text begins below a heading if the two edges differ by less than this many letter heights."""
STACK = 2.2
"""Rows of one header lie no further apart than this many letter heights."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: what its header may stand for, and the header's box.

    `aside` is True where the header's word stands above or below another column's: positions then fill two rows, and
    this column is found on the row without the amount.
    """

    roles: frozenset[str]
    box: Box
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Header:
    """The header of an item table: its columns from left to right, and the rows (indices on the page) that it fills."""

    columns: tuple[Column, ...]
    first: int
    last: int


def find_headers(rows: Sequence[Row], mark: Mark) -> tuple[Header, ...]:
    """Find the headers of item tables among the rows of one page, from top to bottom."""
    found: list[Header] = []
    for index, row in enumerate(rows):
        if (found and index <= found[-1].last) or not _is_header(row, mark):
            continue
        found.append(_header(rows, index, mark))
    return tuple(found)


def _column_labels(row: Row) -> list[Label]:
    parts = (part for label in labels(row) for part in _of_columns(label))
    found = (Label(_roles(label.fields, label.spot.text), row, label.start, label.end) for label in parts)
    return [label for label in found if label.fields and _alone(label)]


def _of_columns(label: Label) -> Iterator[Label]:
    """Yield the labels of two columns that make another one together: "VAT" beside "Amount"."""
    row, start, end = label.row, label.start, label.end
    cut = next((i for i in range(start + 1, end) if row.gap(i) > BETWEEN * row.height), None)
    sides = [(start, cut), (cut, end)] if cut is not None else []
    parts = [Label(named(row.spot(a, b).text), row, a, b) for a, b in sides]
    yield from parts if parts and all(part.fields & ROLES for part in parts) else [label]


def _roles(fields: frozenset[str], text: str) -> frozenset[str]:
    """What a label stands for above a column: "Total EUR", the total of a document elsewhere, is there a "Total"."""
    return fields & ROLES or named(_CURRENCY.sub("", text)) & ROLES


_CURRENCY = re.compile(r"(?<![^\w€$£])[^\w€$£]*(?:EUR|Euro|CHF|GBP|USD|[€$£])\W*$", re.IGNORECASE)


def _alone(label: Label) -> bool:
    """Whether a label fills its cell but for a currency or a remark in brackets: running text names no column."""
    start, _ = label.row.cell(label.start)
    apart = label.start > start and label.row.gap(label.start) > APART * label.row.height
    return label.start == start or apart or any(_ends(label.row, label.start, other) for other in labels(label.row))


def _ends(row: Row, start: int, other: Label) -> bool:
    return other.end == start and bool(other.fields & ROLES) and row is other.row


def _is_header(row: Row, mark: Mark) -> bool:
    found = _column_labels(row)
    roles = {role for label in found for role in label.fields}
    covered = sum(label.end - label.start for label in found)
    if len(found) < 2 or not roles & _TELLING or any(f.number.decimals for f in figures(row, mark)):
        return False
    telling = [label for label in found if label.fields & _TELLING]
    named_item = any(label.fields & {"item_name", "line_identifier", "sellers_item_identifier"} for label in found)
    return (len(found) >= 3 or len(telling) >= 2 or named_item) and covered * 2 >= len(row.words)


def _header(rows: Sequence[Row], index: int, mark: Mark) -> Header:
    """Grow the header from its telling row over the rows that complete its words."""
    first = last = index
    while first > 0 and _belongs(rows[first - 1], rows[first : last + 1], rows[index], mark):
        first -= 1
    while last + 1 < len(rows) and _belongs(rows[last + 1], rows[first : last + 1], rows[index], mark):
        last += 1
    return Header(_columns(rows[first : last + 1], rows[index]), first, last)


def _belongs(row: Row, block: Sequence[Row], seed: Row, mark: Mark) -> bool:
    """Whether a row beside a header's is part of it: close, without figures, its words name or end columns."""
    apart = min(abs(row.box.middle - other.box.middle) for other in block)
    if apart > STACK * seed.height or figures(row, mark):
        return False
    if row.box.bottom < seed.box.top - 4 * seed.height or row.box.top > seed.box.bottom + 4 * seed.height:
        return False
    good = [_completes(row, a, b, block, seed) for a, b in row.cells()]
    return any(good) and sum(good) * 2 >= len(good)


_REMARKS = frozenset("eur euro netto brutto net gross chf gbp usd excl incl exkl inkl".split())
"""Words in a header that say something of the column beside them."""


def _completes(row: Row, start: int, end: int, block: Sequence[Row], seed: Row) -> bool:
    """Whether a cell is a column's name, or with the cells above or below it the whole or the beginning of one."""
    spot = row.spot(start, end)
    text, box = spot.text, spot.box
    if named(text) & ROLES or text.startswith("(") or text.casefold() in {"eur", "€", "netto", "net", "ht", "%", "/"}:
        return True
    stack = [(other.box.top, cell.text) for other in block for cell in _cells(other) if _beside(box, cell.box)]
    if stack and begins_label("".join(part.rstrip("-") for _, part in sorted([*stack, (box.top, text)])), ROLES):
        return True
    if row.box.top < seed.box.top or any(abs(box.x0 - head.x0) < FLUSH * row.height for head in _of_words(block)):
        return False
    return any(_beside(box, head) for head in _of_figures(block) if box.width < WIDE * head.width)


def _cells(row: Row) -> Iterator[Spot]:
    yield from (row.spot(start, end) for start, end in row.cells())


def _of_figures(block: Sequence[Row]) -> Iterator[Box]:
    """The headings of columns that hold no words: what stands below them without a figure is part of the heading."""
    yield from (label.spot.box for row in block for label in _column_labels(row) if label.fields & _FIGURES)


def _of_words(block: Sequence[Row]) -> Iterator[Box]:
    """The headings of columns of words: what begins below them to the point may be the first position's name."""
    yield from (label.spot.box for row in block for label in _column_labels(row) if not label.fields & _FIGURES)


def _beside(one: Box, other: Box) -> bool:
    """Whether two boxes stand above each other: one covers half of the narrower one's width."""
    shared = min(one.x1, other.x1) - max(one.x0, other.x0)
    return shared > 0.5 * min(one.width, other.width)


def _columns(block: Sequence[Row], seed: Row) -> tuple[Column, ...]:
    """Name the columns by the seed row's labels; words that only make sense one above the other overrule them."""
    columns = [Column(label.fields, label.spot.box) for label in _column_labels(seed)]
    for stack in _stacks(block):
        box = union(part.box for part in stack)
        roles, parts = _stack_roles([part.text for part in stack])
        known = [column for column in columns if _beside(box, column.box)]
        if parts > 1 and len(known) == 1:
            columns[columns.index(known[0])] = Column(roles, known[0].box)
        elif not known and (roles or _names_something(stack) or any(part.words[0] in seed.words for part in stack)):
            # of a column that nobody can name the figures serve no role
            columns.append(Column(roles or _leading(stack), box))
        elif len(stack) > 1 and len(known) == 1:
            columns.extend(_asides(stack, known[0]))
    return tuple(sorted(columns, key=lambda column: column.box.x0))


def _names_something(stack: Sequence[Row]) -> bool:
    """Whether header words name a column of their own, known or not, rather than remark on one ("(EUR)", "netto")."""
    words = [word.text.strip("().,:/%*").casefold() for part in stack for word in part.words]
    return any(len(word) > 2 and word.isalpha() and word not in _REMARKS for word in words)


def _leading(stack: Sequence[Row]) -> frozenset[str]:
    """What the words stand for with which the first row of a header cell begins: "Description, period, note".

    On a picture specks may be read before them: then those that end it.
    """
    row = stack[0]
    speckled = row.page.origin == "ocr"
    ends = (x for x in labels(row) if x.start == 0 or (speckled and x.end == len(row.words)))
    return next((_roles(label.fields, label.spot.text) for label in ends), frozenset())


def _asides(stack: Sequence[Row], known: Column) -> Iterator[Column]:
    """Yield the columns that share their place with a known one: "Description" above "SKU"."""
    for part in stack:
        roles = named(part.text) & ROLES
        if roles and not roles & known.roles:
            yield Column(roles, part.box, aside=True)


def _stacks(block: Sequence[Row]) -> Iterator[list[Row]]:
    """Yield cells of the header rows that stand above each other, as rows of their own, from top to bottom."""
    stacks: list[list[Row]] = []
    for row in block:
        for start, end in _parts(row):
            cell = Row(row.page, row.words[start:end])
            home = next((s for s in stacks if any(_beside(cell.box, part.box) for part in s)), None)
            if home is None:
                stacks.append([cell])
            else:
                home.append(cell)
    yield from stacks


def _parts(row: Row) -> Iterator[tuple[int, int]]:
    """Yield the cells of a header row, cut where another column's label begins: "Net  VAT" close together."""
    heads = [label.start for label in _column_labels(row)]
    for start, end in row.cells():
        inner = [at for at in heads if start < at < end]
        yield from pairwise([start, *inner, end])


def _stack_roles(texts: Sequence[str]) -> tuple[frozenset[str], int]:
    """What a stack of header words stands for: the longest run of its parts that is a label, and its length."""
    for length in range(len(texts), 0, -1):
        for start in range(len(texts) - length + 1):
            joined = "".join(part.rstrip("-") for part in texts[start : start + length])
            roles = _roles(named(joined), joined)
            if roles:
                return roles, length
    return frozenset(), 0
