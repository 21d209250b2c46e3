"""The body of a document: the positions of all its item tables, and where they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extractors.columns import Column
from extractors.numbers import Mark
from extractors.positions import Position, positions_of
from extractors.rebates import absorbed
from extractors.roles import is_item, roles_of
from extractors.table import BodyRow, Sheet, body, distance

NUMBERING = frozenset({"sellers_item_identifier", "manufacturers_item_identifier", "line_identifier"})
NAMING = frozenset({"item_name", "sellers_item_identifier", "manufacturers_item_identifier", "line_identifier"})
"""Columns in which a position has words or a number of its own."""


@dataclass(frozen=True, slots=True)
class Body:
    """The item tables of a document: their positions, and the rows from the first totals row on."""

    positions: tuple[Position, ...]
    rest: tuple[BodyRow, ...]


def read_body(pages: Sequence[Sheet], mark: Mark) -> Body:
    """Read the positions of all pages; the table ends at the first totals row."""
    rows = _table_rows(pages, mark)
    end = _end(rows)
    tables: list[list[BodyRow]] = []
    for row in rows[:end]:
        if tables and tables[-1][-1].columns is row.columns and tables[-1][-1].row.page is row.row.page:
            tables[-1].append(row)
        else:
            tables.append([row])
    positions = [position for table in tables for position in absorbed(tuple(positions_of(table)))]
    return Body(tuple(_without_totals(positions)), tuple(rows[end:]))


def _table_rows(pages: Sequence[Sheet], mark: Mark) -> list[BodyRow]:
    rows: list[BodyRow] = []
    columns: tuple[Column, ...] = ()
    for sheet in pages:
        rows.extend(body(sheet, columns, mark))
        columns = sheet.headers[-1].columns if sheet.headers else columns
    return rows


def _end(rows: Sequence[BodyRow]) -> int:
    """The index of the first totals row behind which no position stands any more: sums of groups end no table."""
    ends = [i for i, row in enumerate(rows) if row.kind in {"total", "breakdown"} and not _agrees(row)]
    last = max((i for i, row in enumerate(rows) if row.kind == "item" and _agrees(row) and _worded(row)), default=-1)
    return next((i for i in ends if i > last), ends[0] if ends else len(rows))


def _agrees(row: BodyRow) -> bool:
    return is_item(row, roles_of(row.columns))


def _worded(row: BodyRow) -> bool:
    """Whether words stand under a column of words: below the totals rows may agree by chance."""
    if any(row.cells.get(index) for index, column in enumerate(row.columns) if column.roles & NUMBERING):
        return True
    figured = {i for figure in row.figures for i in range(figure.start, figure.end)}
    words = [word for i, word in enumerate(row.row.words) if i not in figured or not word.text[:1].isdigit()]
    texts = [column.box for column in row.columns if column.roles & NAMING]
    return any(
        distance(word.box, box) < 0 or abs(word.box.x0 - box.x0) < row.row.height for word in words for box in texts
    )


def _without_totals(positions: Sequence[Position]) -> Sequence[Position]:
    """Leave out what is read as positions at the end but stands where no position's words do: a block of totals."""
    end = len(positions)
    while (
        end and positions[end - 1].product is None and positions[end - 1].missing is None and _aside(positions[end - 1])
    ):
        end -= 1
    return positions[:end]


def _aside(position: Position) -> bool:
    """Whether the words of an amount's row begin right of all columns of words: beside the table's last columns."""
    names = [column.box.x1 for column in position.columns if column.roles & NAMING]
    first = next((word for word in position.anchor.row.words if any(map(str.isalpha, word.text))), None)
    return first is not None and bool(names) and first.box.x0 > max(names) + position.anchor.row.height
