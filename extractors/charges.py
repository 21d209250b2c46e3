"""Charges and allowances among the totals: which there are, and with which sign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from extractors.numbers import Mark
from extractors.rows import Figure, Row, Spot, figures
from extractors.table import APART, TOTAL_FIELDS
from extractors.totals import ENDING, MAX_CHARGES, amounts_below, is_amount
from extractors.vocabulary import Label, labels, stemmed

_CHARGE = frozenset({"not_a_device_line", "total_charges", "total_charges_and_allowances"})
_ALLOWANCE = frozenset({"allowance", "total_allowances"})
MOST_WORDS = 5
"""The label of a charge has no more words than this."""


def block_charges(rows: Sequence[Row], mark: Mark, *, negative: bool = False) -> tuple[Decimal, ...]:
    """Find the charges and allowances among the totals: beside their label, or below it.

    An allowance makes the sum smaller and a charge larger, whatever its printed sign; on a credit note with `negative`
    figures it is the other way round.
    """
    found: list[Decimal] = []
    for index, row in enumerate(rows):
        every = figures(row, mark)
        for start, end in _texts(row, every):
            kind = charge_kind(row.spot(start, end))
            beside = next((f for f in every if f.start >= end), None) if kind else None
            if beside is not None and _worded(row, end, beside.start):
                beside = None  # it is another label's
            if beside is None and kind:
                beside = next(amounts_below(row.spot(start, end).box, row, rows[index + 1 : index + 4], mark), None)
            if kind and beside is not None and is_amount(beside):
                found.append(_signed(kind, beside.number.value, negative=negative))
    return tuple(value for value in found if value)[:MAX_CHARGES]


def _worded(row: Row, start: int, end: int) -> bool:
    """Whether there are words between two places of a row."""
    return any(any(c.isalpha() for c in word.text) for word in row.words[start:end])


def _texts(row: Row, every: Sequence[Figure]) -> Iterator[tuple[int, int]]:
    """Yield the stretches of words without figures that one cell holds.

    On a row without amounts, headings above them, another begins behind a total's label, or behind a charge's and a
    blank that is wider than within it: they stand close together.
    """
    figured = {i for figure in every for i in range(figure.start, figure.end)}
    heads = set() if any(map(is_amount, every)) else {label.end for label in labels(row) if _is_heading(label)}
    for start, end in row.cells():
        begin = start
        for index in range(start, end + 1):
            if index == end or index in figured or index in heads:
                if index > begin:
                    yield begin, index
                begin = index + 1 if index in figured else index


def _is_heading(label: Label) -> bool:
    """Whether what stands behind a label on a row of headings is another heading."""
    if label.fields & ENDING:
        return True
    row, end = label.row, label.end
    charge = label.fields & (_CHARGE | _ALLOWANCE) and end < len(row.words)
    return bool(charge) and row.gap(end) > APART * row.height


def charge_kind(spot: Spot) -> str | None:
    """What a label is for: "allowance", "charge", "both" (their sum), or None. One with more words is running text."""
    if not spot.words or len(spot.words) > MOST_WORDS:
        return None
    fields = frozenset(name for x in labels(Row(spot.page, spot.words)) for name in x.fields if x.start <= 1)
    if "total_charges_and_allowances" in fields:
        return "both"
    if fields & TOTAL_FIELDS or fields == {"carry_over"}:
        return None
    if fields & (_CHARGE | _ALLOWANCE):
        return "allowance" if fields & _ALLOWANCE and not fields & _CHARGE else "charge"
    return {"allowance": "allowance", "not_a_device_line": "charge", None: None}[stemmed(spot.text)]


def _signed(kind: str, value: Decimal, *, negative: bool) -> Decimal:
    if kind == "allowance":
        return abs(value) if negative else -abs(value)
    return -abs(value) if negative and kind == "charge" else value
