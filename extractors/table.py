"""The body of an item table: its rows below the headers, and the figures of each row under their columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from extractors.columns import Column, Header, find_headers
from extractors.numbers import Mark
from extractors.rows import Figure, Row, figures, joined
from extractors.vocabulary import Label, labels
from model.page import Box

TOTAL_FIELDS = frozenset({"total_net", "total_vat", "total_gross", "total_line_net", "payable"})
_SUBTOTALS = frozenset({"carry_over", "total_charges", "total_allowances", "total_charges_and_allowances"})
"""Labels of sums within a table, or of a part of the totals."""
_BREAKDOWN = frozenset({"vat_rate", "line_vat_amount", "total_vat", "total_net"})
"""Two of these words on a row without figures head the VAT breakdown, or totals that stand below their labels."""
APART = 0.5
"""A figure with more blank than this many letter heights before it is no part of the words there."""
_OF = frozenset("auf aus von vom on of from sur de du over op van".split())
"""Words between a rate and what it applies to."""
_UNPRICED = frozenset({"price_base_quantity", "quantity", "unit", "line_identifier", "vat_rate"})
"""Roles of columns in which no amount of money stands."""
_GROUPS = frozenset({"despatch_note", "order_reference", "sales_order"})
"""What positions are grouped by."""
_ARTICLES = frozenset({"sellers_item_identifier", "manufacturers_item_identifier", "buyers_item_identifier"})
UNIT_WORDS = 2
GROUP_DIGITS = 4
"""The number of a delivery or an order has no fewer digits."""
REMARK = 3
"""A totals row has no more words than this beside its label ("19 % of", "EUR")."""


@dataclass(frozen=True, slots=True)
class BodyRow:
    """A row of an item table: its figures, and those of them that stand under a column, by the column's index."""

    row: Row
    figures: tuple[Figure, ...]
    cells: dict[int, tuple[Figure, ...]]
    columns: tuple[Column, ...]
    kind: str
    """One of "item", "group" (the heading of a delivery), "carry" (carried forward, subtotals), "total", "breakdown"
    (the header of the VAT breakdown)."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as rows, with the headers of item tables on it."""

    number: int
    rows: tuple[Row, ...]
    headers: tuple[Header, ...]


def sheets(pages: Sequence[tuple[int, tuple[Row, ...]]], mark: Mark) -> tuple[Sheet, ...]:
    """Find the item tables' headers on each page."""
    return tuple(
        Sheet(number, rows, tuple(h for h in find_headers(rows, mark) if _holds_items(h))) for number, rows in pages
    )


def _holds_items(header: Header) -> bool:
    roles = {role for column in header.columns for role in column.roles}
    return bool(roles & {"line_net_amount", "line_gross_amount", "net_price"}) and (
        "quantity" in roles or bool(roles & {"item_name", "sellers_item_identifier"})
    )


def body(sheet: Sheet, columns: tuple[Column, ...], mark: Mark) -> Iterator[BodyRow]:
    """Yield the rows of a page that stand below a header, or all if `columns` go on from the page before."""
    starts = {header.first: header for header in sheet.headers}
    current, index = columns, 0
    while index < len(sheet.rows):
        header = starts.get(index)
        if header is not None:
            current, index = header.columns, header.last + 1
            continue
        if current:
            yield body_row(sheet.rows[index], current, mark)
        index += 1


def body_row(row: Row, columns: tuple[Column, ...], mark: Mark) -> BodyRow:
    """Put the figures of a row under their columns and say what kind of row it is."""
    every = figures(row, mark)
    cells: dict[int, list[Figure]] = {}
    for figure in (*every, *joined(row, mark, every)):
        column = _column_of(figure, row, columns, every)
        if column is not None:
            cells.setdefault(column, []).append(figure)
    placed = {column: tuple(found) for column, found in cells.items()}
    return BodyRow(row, every, placed, columns, kind_of(row, every))


def _column_of(figure: Figure, row: Row, columns: Sequence[Column], every: Sequence[Figure]) -> int | None:
    """The column a figure stands under: by overlap, else by the nearest edge or centre."""
    box = figure.spot.box
    fitting = [i for i, column in enumerate(columns) if not (figure.number.currency and column.roles & _UNPRICED)]
    if not fitting:
        return None
    start, end = _cell_of(figure, row, columns)
    if all(distance(box, columns[i].box) >= 0 for i in fitting if not columns[i].aside):
        box = _with_unit(figure, row, (start, end), every)
    index = min(fitting, key=lambda i: (columns[i].aside, distance(box, columns[i].box)))
    if distance(box, columns[index].box) >= 0:
        index = min(fitting, key=lambda i: distance(box, columns[i].box))
    if distance(box, columns[index].box) > 12 * row.height:
        return None
    inside = {i for f in every for i in range(f.start, f.end)}
    leads = all(i in inside for i in range(start, figure.start))
    return index if leads or (_ends_cell(figure, row, every) and distance(box, columns[index].box) < 0) else None


def _cell_of(figure: Figure, row: Row, columns: Sequence[Column]) -> tuple[int, int]:
    """The cell that a figure stands in; it begins one itself behind an article number, which may reach close to it."""
    start, end = row.cell(figure.start)
    if figure.start > start and row.gap(figure.start) > APART * row.height:
        before = row.words[figure.start - 1].box
        numbers = (column for column in columns if column.roles & _ARTICLES and "item_name" not in column.roles)
        start = figure.start if any(distance(before, column.box) < 0 for column in numbers) else start
    return start, end


def _with_unit(figure: Figure, row: Row, cell: tuple[int, int], every: Sequence[Figure]) -> Box:
    """The box of a figure that begins its cell together with the word or two of its unit: "400 Stück"."""
    start, end = cell
    others = any(f is not figure and start <= f.start < end for f in every)
    alone = figure.start == start and not others and end - figure.end <= UNIT_WORDS
    return row.spot(start, end).box if alone else figure.spot.box


def _ends_cell(figure: Figure, row: Row, every: Sequence[Figure]) -> bool:
    """Whether a figure behind words closes their cell, or stands before the next figure there, and stands apart.

    It does if it is an amount, or behind a wider blank.
    """
    _, end = row.cell(figure.start)
    last = figure.end == end or any(f.start == figure.end and row.gap(f.start) > APART * row.height for f in every)
    apart = figure.start > 0 and row.gap(figure.start) > APART * row.height
    return last and (apart or figure.number.decimals == 2 or figure.number.currency is not None)


def distance(box: Box, column: Box) -> float:
    """How far a box stands from a column's header: negative where they share width, the more the better."""
    shared = min(box.x1, column.x1) - max(box.x0, column.x0)
    if shared > 0:
        return -shared / max(min(box.width, column.width), 0.1)
    return min(abs(box.x1 - column.x1), abs(box.x0 - column.x0), abs(box.centre - column.centre))


def kind_of(row: Row, found: Sequence[Figure]) -> str:
    """Tell item rows from carried-forward sums and totals by their leading words."""
    sums = [figure for figure in found if not figure.number.percent and not is_base(figure, row)]
    if _heads_group(row, sums):
        return "group"
    if not sums:
        heads = [label.fields for label in labels(row)]
        return "breakdown" if sum(1 for fields in heads if fields & (_BREAKDOWN | TOTAL_FIELDS)) >= 2 else "item"
    for label in labels(row):
        if label.fields & (TOTAL_FIELDS | _SUBTOTALS):
            remark = label.spot.text.startswith("(")  # "(Net): 60,00" says something of the position
            if remark or sums[0].start < label.start or _words_beside(row, label, found) > REMARK:
                continue
            grouped = any(other.fields & _GROUPS for other in labels(row))  # "Sum of delivery note 4711"
            return "carry" if grouped or label.fields & _SUBTOTALS else "total"
    return "item"


def _heads_group(row: Row, sums: Sequence[Figure]) -> bool:
    """Whether a row is the heading of the positions of one delivery or order: "Delivery note 4711 of 12.06.2026"."""
    first = next((label for label in labels(row) if label.start == 0), None)
    if first is None or not first.fields & _GROUPS:
        return False
    behind = "".join(word.text for word in row.words[first.end :])
    return sum(map(str.isdigit, behind)) >= GROUP_DIGITS and not any(figure.number.decimals == 2 for figure in sums)


def is_base(figure: Figure, row: Row) -> bool:
    """Whether a figure is what a rate applies to: "19 % auf 7.870,08"."""
    return figure.start > 0 and row.words[figure.start - 1].text.casefold() in _OF


def _words_beside(row: Row, label: Label, found: Sequence[Figure]) -> int:
    """Count the words on a row that are neither the label nor figures: a totals row has few."""
    figured = {i for figure in found for i in range(figure.start, figure.end)}
    named = {i for x in labels(row) if x.fields & (TOTAL_FIELDS | _BREAKDOWN) for i in range(x.start, x.end)}
    rest = (i for i in range(len(row.words)) if i not in figured | named and not label.start <= i < label.end)
    return sum(1 for i in rest if any(c.isalpha() for c in row.words[i].text))
