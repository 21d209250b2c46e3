"""The VAT breakdown as a table of its own: rate, base, VAT and gross under their headings (BG-23)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from extractors.numbers import Mark
from extractors.rows import Figure, Row, figures
from extractors.vocabulary import Label, labels
from model.page import Box

RATE, BASE, VAT, GROSS = "rate", "base", "vat", "gross"
_ROLES: Mapping[str, frozenset[str]] = {
    RATE: frozenset({"vat_rate"}),
    VAT: frozenset({"line_vat_amount", "total_vat"}),
    BASE: frozenset({"tax_base", "total_net"}),
    GROSS: frozenset({"total_gross", "line_gross_amount"}),
}
"""By what a column holds, the labels that may head it."""
OFF = Decimal("0.0101")
"""A VAT that differs from rate x base by more than a cent is none."""
HIGHEST_RATE = 30
MOST_ROWS = 12
"""No breakdown has more rows than this."""
REACH = 6.0
"""A figure stands no further than this many letter heights from its heading."""


@dataclass(frozen=True, slots=True)
class BreakdownRow:
    """A row of the breakdown whose figures agree: VAT = rate x base; the sums' row has no rate."""

    rate: Decimal | None
    base: Figure | None
    vat: Figure
    gross: Figure | None


Head = tuple[str, Box]
"""What a column holds, and where its heading stands."""


@dataclass(frozen=True, slots=True)
class BreakdownTable:
    """A VAT breakdown: where its headings stand, and its rows."""

    heads: tuple[Box, ...]
    rows: tuple[BreakdownRow, ...]


def breakdown_tables(rows: Sequence[Row], mark: Mark) -> dict[int, BreakdownTable]:
    """Return the VAT breakdown tables of a document, by the index of the row with their headings."""
    tables: dict[int, BreakdownTable] = {}
    for index, row in enumerate(rows):
        heads = _heads(row, mark)
        found = tuple(_below(rows[index + 1 :], heads, mark)) if heads else ()
        if found:
            tables[index] = BreakdownTable(tuple(box for _, box in heads), found)
    return tables


def _heads(row: Row, mark: Mark) -> tuple[Head, ...]:
    """The headings on a row, if they are those of a breakdown: a rate or a base beside a VAT; the rarest name first.

    Totals may stand beside them, behind all headings.
    """
    first = next((figure.start for figure in figures(row, mark)), len(row.words))
    cells = [(a, b) for a, b in row.cells() if b <= first]
    cells = cells if first == len(row.words) else cells[:-1]  # the last one names the figure
    left = [x for x in labels(row) if any(a <= x.start < b for a, b in cells) and _is_head(x)]
    found: list[tuple[str, Label]] = []
    for role, fields in sorted(_ROLES.items(), key=lambda item: sum(1 for x in left if x.fields & item[1])):
        chosen = [x for x in left if x.fields & fields][: None if role == BASE else 1]
        left = [label for label in left if label not in chosen]
        found += [(role, label) for label in chosen]
    if all(role != VAT for role, _ in found):  # "VAT" may head the rates or the amounts; rates bear a sign
        found = [(VAT if role == RATE and label.fields & _ROLES[VAT] else role, label) for role, label in found]
    roles = {role for role, _ in found}
    if VAT not in roles or not roles & {BASE, RATE}:
        return ()
    return tuple((role, label.spot.box) for role, label in found)


def _is_head(label: Label) -> bool:
    """Whether a label can head a column, and its cell holds nothing but labels, signs and remarks in brackets."""
    row = label.row
    start, end = row.cell(label.start)
    named = {i for x in labels(row) for i in range(x.start, x.end)}
    alone = all(i in named or not row.words[i].text[:1].isalpha() for i in range(start, end))
    return alone and any(label.fields & fields for fields in _ROLES.values())


def _below(rows: Sequence[Row], heads: Sequence[Head], mark: Mark) -> Iterator[BreakdownRow]:
    """Yield the rows below the headings as long as they hold figures that agree."""
    missed = 0
    for row in rows[:MOST_ROWS]:
        found = _agreeing(_placed(row, heads, mark))
        if found is not None:
            missed = 0
            yield found
            continue
        missed += 1
        if missed > 2:
            return


def _placed(row: Row, heads: Sequence[Head], mark: Mark) -> dict[str, list[Figure]]:
    """The figures of a row by the heading that each stands nearest to."""
    placed: dict[str, list[Figure]] = {}
    for figure in figures(row, mark):
        near, role = min((_distance(figure.spot.box, head), role) for role, head in heads)
        if near < REACH * row.height:
            placed.setdefault(RATE if figure.number.percent else role, []).append(figure)
    return placed


def _distance(box: Box, head: Box) -> float:
    return min(abs(box.x1 - head.x1), abs(box.x0 - head.x0), abs(box.centre - head.centre))


def _agreeing(placed: Mapping[str, Sequence[Figure]]) -> BreakdownRow | None:
    """The figures of a row that agree: VAT = rate x base, or base + VAT = gross where no rate is printed."""
    bases: Sequence[Figure | None] = placed.get(BASE) or (None,)
    grosses: Sequence[Figure | None] = placed.get(GROSS) or (None,)
    rates = [f.number.value for f in placed.get(RATE, ()) if 0 <= f.number.value <= HIGHEST_RATE]
    for vat in placed.get(VAT, ()):
        for base in bases:
            for gross in grosses:
                whole = base is None or gross is None or base.number.value + vat.number.value == gross.number.value
                if not whole or base is None or vat.number.decimals != 2:
                    continue
                for rate in rates:
                    if abs(base.number.value * rate / 100 - vat.number.value) <= OFF:
                        return BreakdownRow(rate, base, vat, gross)
                if gross is not None and not rates:
                    return BreakdownRow(None, base, vat, gross)
    return None
