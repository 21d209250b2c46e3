"""Positions to invoice lines: names, article numbers, units and serial numbers beside the figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median

from extractors import serials
from extractors.columns import Column
from extractors.identifiers import is_gtin
from extractors.positions import Position
from extractors.rows import Figure, Row, Spot
from extractors.table import BodyRow, distance
from extractors.vocabulary import Label, labels, opens_remark
from model.invoice import InvoiceLine
from model.page import Box

TEXT_ROLES = (
    "item_name",
    "sellers_item_identifier",
    "buyers_item_identifier",
    "manufacturers_item_identifier",
    "standard_item_identifier",
    "line_identifier",
    "serial_number",
    "unit",
)
SUB_FIELDS = frozenset(
    {
        "standard_item_identifier",
        "manufacturers_item_identifier",
        "sellers_item_identifier",
        "buyers_item_identifier",
        "serial_number",
        "despatch_note",
        "order_reference",
        "sales_order",
        "gross_price",
        "delivery_date",
        "discount",
        "allowance",
    }
)
"""Labels that open a remark under a position; what stands at them is no part of its name."""
TOUCH = 0.5
"""Rows that overlap by more than this many points stand around each other: a text beside figures centred on it."""
_REMARK = re.compile(r"[*(#]\s?[^\W\d][^:]{0,30}\s?:|[^\W\d][^\s:\d]*(?: [^\s:\d]+){0,2}\s?:(?:\s|$)|\*|\([^)]*:")
"""A remark under a position: a label with its value, a starred note, a labelled figure in brackets."""
TO_THE_POINT, NEARLY = 0.15, 0.4
"""How far from its column's heading a word begins it, in letter heights, and behind a wide blank."""
WIDER = 1.2
"""The blank before a column is wider than the usual one of its row by this factor ..."""
WIDEST = 0.35
"""The usual blank is no wider than this many letter heights: a row may hold none but those between columns."""
TOUCHING = 0.15
"""... unless the column before it reaches up to it or over it: then it is no blank, in letter heights."""
ENUMERATION = 2
"""So many rows make an enumeration, which is no part of the name."""
_LISTED = re.compile(r"[-\N{EN DASH}\N{BULLET}] \S")
"""An item of an enumeration below a name."""
_ARTICLE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9./_\-]{1,}")


@dataclass(slots=True)
class LineRead:
    """A line as read, with the places of its fields, keyed by the field's name."""

    line: InvoiceLine
    spots: dict[str, Spot] = field(default_factory=dict)
    position: Position | None = None


def name_confidence(spot: Spot) -> float:
    """How surely an item's name was read: as surely as its worst word with a digit, for that names the model.

    The other words count by their median: a misread letter in a describing word changes nothing.
    """
    telling = [word.confidence for word in spot.words if any(char.isdigit() for char in word.text)]
    return min((*telling, median(word.confidence for word in spot.words)))


@dataclass(slots=True)
class _Texts:
    """The texts of a position while they are gathered."""

    name: list[Spot] = field(default_factory=list)
    fields: dict[str, Spot] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    serials: list[str] = field(default_factory=list)
    in_serials: bool = False
    closed: bool = False
    """Whether the name has ended: a remark or an enumeration followed it."""
    listed: int = 0
    """How many rows of an enumeration followed the name."""


def read_line(position: Position) -> LineRead:
    """Turn a position into an invoice line."""
    texts = _read_texts(position)
    figures = {"quantity": position.quantity, "net_price": position.price, "net_amount": position.amount}
    spots = {name: figure.spot for name, figure in figures.items() if figure is not None}
    if not position.deducted and position.amount is not None:
        words = (word for figure in (position.amount, *position.rebates) for word in figure.spot.words)
        spots["net_amount"] = Spot(position.amount.spot.page, tuple(words))
    spots |= texts.fields
    if position.missing is not None and position.price is not None:
        spots["quantity"] = position.price.spot
    if texts.name:
        spots["item_name"] = Spot(texts.name[0].page, tuple(w for s in texts.name for w in s.words))
    line = InvoiceLine(
        identifier=texts.values.get("identifier"),
        item_name=" ".join(s.text for s in texts.name) or None,
        sellers_item_identifier=texts.values.get("sellers_item_identifier"),
        manufacturers_item_identifier=texts.values.get("manufacturers_item_identifier"),
        standard_item_identifier=texts.values.get("standard_item_identifier"),
        quantity=_value(position.quantity) if position.missing is None else Decimal(position.missing),
        unit_code=_unit(position, texts, spots),
        net_price=position.product.unit_price if position.product else _value(position.price),
        net_amount=_net_amount(position),
        charges=position.charges or None,
        vat_rate=_vat_rate(position),
        serial_numbers=tuple(dict.fromkeys(texts.serials)),
    )
    return LineRead(line, spots, position)


def _read_texts(position: Position) -> _Texts:
    """Gather the words of a position: its anchor row, the rows above it and those below."""
    columns = _text_columns(position)
    where = next(i for i, row in enumerate(position.rows) if row is position.anchor)
    texts = _Texts()
    _gather(position.anchor, position, columns, texts)
    above = position.rows[:where]
    if above:
        before = _Texts()
        for row in above:
            _gather(row, position, columns, before)
        if _is_number_alone(texts) and any(not _ARTICLE.fullmatch(spot.text) for spot in before.name):
            texts.values.setdefault("sellers_item_identifier", texts.name[0].text)
            texts.fields.setdefault("sellers_item_identifier", texts.name[0])
            texts.name.clear()
        texts.name = before.name + texts.name
        texts.fields = before.fields | texts.fields
        texts.values = before.values | texts.values
        texts.serials = before.serials + texts.serials
    texts.closed = False
    for row in position.rows[where + 1 :]:
        _gather(row, position, columns, texts)
    return texts


def _is_number_alone(texts: _Texts) -> bool:
    """Whether all that the amount's row has for a name is an article number: the name then stands above it."""
    return len(texts.name) == 1 and _ARTICLE.fullmatch(texts.name[0].text) is not None


def _value(figure: Figure | None) -> Decimal | None:
    return None if figure is None else figure.number.value


def _net_amount(position: Position) -> Decimal | None:
    """The amount as printed, less what rows of their own below it deduct from it."""
    amount = _value(position.amount)
    return amount if amount is None or position.deducted else amount + position.charges


def _vat_rate(position: Position) -> Decimal | None:
    found = (f for c in position.roles.get("vat_rate", ()) for f in position.anchor.cells.get(c, ()))
    return next((f.number.value for f in found if 0 <= f.number.value <= 30), None)


def _unit(position: Position, texts: _Texts, spots: dict[str, Spot]) -> str | None:
    """The unit: its own column, else the words that follow the quantity in its cell."""
    if "unit_code" in texts.values:
        return texts.values["unit_code"]
    figure = position.quantity
    if figure is None:
        return None
    row = next((r.row for r in position.rows if figure in r.figures), None)
    if row is None:
        return None
    _, end = row.cell(figure.start)
    after = row.spot(figure.end, min(end, figure.end + 2))
    words = [w for w in after.words if any(c.isalpha() for c in w.text)]
    if not words:
        return None
    spots["unit_code"] = Spot(row.page, (words[0],))
    return words[0].text


def _text_columns(position: Position) -> list[tuple[str, Column]]:
    """The columns of words, with their roles here; one that nobody can name is for names if no other is."""
    unnamed = "figures" if "item_name" in position.roles else "item_name"
    found = []
    for index, column in enumerate(position.columns):
        role = next((r for r in TEXT_ROLES if index in position.roles.get(r, ())), None)
        found.append((role or ("figures" if column.roles else unnamed), column))
    return found


def _gather(row: BodyRow, position: Position, columns: Sequence[tuple[str, Column]], texts: _Texts) -> None:
    used = {id(f) for f in (position.quantity, position.price, position.amount) if f is not None}
    labelled: Box | None = None
    if texts.in_serials and row is not position.anchor:
        rows_own = serials.in_cells(row.row)
        if rows_own:
            texts.serials += rows_own
            return
    for start, end in _text_cells(row, used, columns):
        spot = row.row.spot(start, end)
        if labelled is not None and labelled.x1 <= spot.box.x0:
            continue  # "Billing Period:   January 2026": the value of a remark that was passed over
        named = [x for x in labels(row.row) if "serial_number" in x.fields and start <= x.start < end]
        alone = any((x.start, x.end) == (start, end) for x in named)
        headed = alone or (_REMARK.fullmatch(spot.text) is not None and spot.text.endswith(":"))
        if row is not position.anchor and headed:
            texts.in_serials = bool(named)
            labelled = spot.box
            texts.closed = bool(texts.name)
            continue
        role = _role(spot, _there(columns, anchor=row is position.anchor), row.row)
        if role in {"figures", "unit"} and row is not position.anchor and _runs_on(spot, columns):
            role = "item_name"
        _take(role, row.row, start, end, texts, anchor=row is position.anchor)


def _text_cells(row: BodyRow, used: set[int], columns: Sequence[tuple[str, Column]]) -> Iterator[tuple[int, int]]:
    """Yield the parts of a row's cells that are no figures; a cell is cut where a column of words begins."""
    taken = {i for f in row.figures if id(f) in used or _numeric(f, row) for i in range(f.start, f.end)}
    numbers = {f.end for f in row.figures if _is_identifier(f, row)}
    for start, end in row.row.cells():
        first = None
        for index in range(start, end + 1):
            free = index < end and index not in taken
            if first is not None and (not free or index in numbers or _begins(row.row, index, columns)):
                yield first, index
                first = None
            if free and first is None:
                first = index


def _is_identifier(figure: Figure, row: BodyRow) -> bool:
    """Whether a figure is the number of a position."""
    return any(figure in found and "line_identifier" in row.columns[i].roles for i, found in row.cells.items())


def _begins(row: Row, index: int, columns: Sequence[tuple[str, Column]]) -> bool:
    """Whether a column of words begins at this word: to the point, or nearly so behind a wide blank."""
    x0, gap = row.words[index].box.x0, row.gap(index) if index else 0.0
    blanks = [row.gap(i) for i in range(1, len(row.words))]
    usual = min(median(blanks), WIDEST * row.height) if blanks else 0.0
    if TOUCHING * row.height < gap < WIDER * usual:
        return False
    near = NEARLY if gap > 2 * usual else TO_THE_POINT
    return any(role in TEXT_ROLES and abs(x0 - column.box.x0) < near * row.height for role, column in columns)


def _numeric(figure: Figure, row: BodyRow) -> bool:
    """Whether a figure stands under a column of figures."""
    for index, found in row.cells.items():
        if figure in found:
            return not row.columns[index].roles & set(TEXT_ROLES)
    return False


def _there(columns: Sequence[tuple[str, Column]], *, anchor: bool) -> Sequence[tuple[str, Column]]:
    """The columns that a row has where positions fill two: on the amount's row the one, on the others the other."""
    asides = [column for _, column in columns if column.aside]
    if anchor:
        return [c for c in columns if not c[1].aside]
    return [c for c in columns if c[1].aside or all(distance(c[1].box, a.box) >= 0 for a in asides)]


def _role(spot: Spot, columns: Sequence[tuple[str, Column]], row: Row) -> str:
    """The column a text belongs to: the one that it stands under, else the nearest that begins left of it."""
    box = spot.box
    best = min(columns, key=lambda c: distance(box, c[1].box))
    if abs(box.x0 - best[1].box.x0) < row.height or distance(box, best[1].box) < 0:
        left = [c for c in columns if abs(c[1].box.x0 - box.x0) < 0.6 * row.height]
        return left[0][0] if left else best[0]
    if all(role != "item_name" for role, _ in columns):
        return "item_name"  # no header names the column that these words stand in
    left = [c for c in columns if c[1].box.x0 <= box.x0 + row.height]
    return left[-1][0] if left else best[0]


def _runs_on(spot: Spot, columns: Sequence[tuple[str, Column]]) -> bool:
    """Whether a text below or above the figures is part of a name: it begins left of them, or is words and wide."""
    numeric = [column.box.x0 for role, column in columns if role == "figures"]
    wide = any(len(word.text) > 2 and word.text.isalpha() for word in spot.words)
    return not numeric or spot.box.x0 < min(numeric) or (wide and len(spot.words) > 1)


def _take(role: str, row: Row, start: int, end: int, texts: _Texts, *, anchor: bool) -> None:
    """Hand a text to the field that it belongs to."""
    label = next((x for x in labels(row) if x.start == start and x.fields & SUB_FIELDS), None)
    if label is not None and _opens_remark(label, end):
        _remark(label, row, end, texts)
        texts.closed = bool(texts.name)
        return
    text = row.spot(start, end).text
    listed = [] if anchor else serials.listed(text)
    if listed and (texts.in_serials or all(map(serials.is_mac, listed))):
        texts.serials += listed
        return
    of_a_remark = [] if anchor else serials.listed(text.partition(":")[2])
    if of_a_remark and all(any(map(str.isalpha, serial)) or serials.is_mac(serial) for serial in of_a_remark):
        texts.serials += of_a_remark  # whatever its label is called
        texts.in_serials = texts.closed = True
        return
    texts.in_serials = False
    if not anchor and texts.name and opens_remark(text):
        texts.closed = True
        return
    wordy = role == "item_name" or (role in TEXT_ROLES and not any(map(str.isdigit, text)))
    if _REMARK.match(text) and (text[0] in "*#(" or not (wordy and (anchor or not texts.name))):
        texts.closed = bool(texts.name)
        return
    if role == "item_name":
        texts.listed += bool(texts.name) and not anchor and _LISTED.match(text) is not None
        if not texts.closed and texts.listed < ENUMERATION:
            _name(row, start, end, texts)
    elif role in TEXT_ROLES:
        _field(role, row.spot(start, end), texts)
        if role not in {"line_identifier", "unit"} and not _ARTICLE.fullmatch(text) and not texts.name:
            _name(row, start, end, texts)


def _opens_remark(label: Label, end: int) -> bool:
    """Whether a label is followed by its value rather than by more of a name ("EAN: 42…", not "Artikel aus Holz")."""
    if label.spot.text.endswith(":"):
        return True
    after = label.row.spot(label.end, end).words
    return bool(after) and (after[0].text == ":" or any(c.isdigit() for c in after[0].text))


def _remark(label: Label, row: Row, end: int, texts: _Texts) -> None:
    value = row.spot(label.end, end)
    text = " ".join(w.text for w in value.words).lstrip(": ")
    texts.in_serials = False
    if "serial_number" in label.fields:
        texts.serials += serials.announced(text)
        texts.in_serials = True
    elif "standard_item_identifier" in label.fields and text:
        token = text.split()[0].strip(",;")
        if token.isdigit():
            texts.values.setdefault("standard_item_identifier", token)
            texts.fields.setdefault("standard_item_identifier", value)
    else:
        for name in ("manufacturers_item_identifier", "sellers_item_identifier"):
            if name in label.fields and text:
                texts.values.setdefault(name, text.split()[0].strip(",;"))
                texts.fields.setdefault(name, value)
                break


def _field(role: str, spot: Spot, texts: _Texts) -> None:
    name = {"line_identifier": "identifier", "unit": "unit_code"}.get(role, role)
    texts.values.setdefault(name, spot.text)
    texts.fields.setdefault(name, spot)


def _name(row: Row, start: int, end: int, texts: _Texts) -> None:
    """Add words to the name, up to a GTIN or serial number that is printed behind it."""
    for label in labels(row):
        if start < label.start < end and label.fields & SUB_FIELDS and _opens_remark(label, end):
            _remark(label, row, end, texts)
            end = label.start
            break
    spot = row.spot(start, end)
    if is_gtin(spot.text.replace(" ", "")) and len(spot.text) >= 8:
        texts.values.setdefault("standard_item_identifier", spot.text.replace(" ", ""))
        return
    if any(c.isalnum() for c in spot.text):
        texts.name.append(spot)
