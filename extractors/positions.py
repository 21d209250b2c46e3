"""Positions of an item table: the rows that belong to each, and the figures of each that agree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from extractors.arithmetic import (
    ALLOWANCE,
    AMOUNT,
    BASE,
    DISCOUNT,
    PRICE,
    QUANTITY,
    Product,
    agrees,
    find_product,
)
from extractors.columns import Column
from extractors.roles import Roles, candidates, inferred, is_item
from extractors.rows import Figure
from extractors.table import BodyRow
from model.money import ZERO

NEAR = 0.2
"""Two gaps between rows that differ by less than this share count as equal."""
FAR = 1.5
"""A row with more white space than this many letter heights before it belongs to no position above."""

WORDS = ("line_identifier", "item_name", "sellers_item_identifier", "manufacturers_item_identifier")
"""Roles of columns whose figures are no quantities or prices."""
MOST_FAILED = 30
"""Where so many positions of one table do not agree, the others are sought under their columns alone."""
LEAST_PRICE = Decimal("0.05")
"""Of a lower price two quantities could round to one amount."""
MOST_BASES = 3
"""No more price bases stated in words are tried per position."""
_STATED_BASE = re.compile(
    r"(?:\b(?:per|je|pro|par|pour|les|voor|for)"
    r"|(?:(?<=[.,]\d\d)|(?<=[.,]\d{3})|(?<=[.,]\d{4})|(?<=[-€])|(?<=EUR)) ?/) ?(\d{1,5})\b(?![.,]\d)"
    r"|^/ ?(\d{1,5})$"
    r"|\((\d{1,5}) ?[^\W\d]{1,6}\)",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,4}([./-])\d{1,2}\1\d{2,4}")
MOST_OVERLOOKED = 99
"""Only quantities of one or two digits are overlooked by OCR; a larger one that is missing is another fault."""


@dataclass(frozen=True, slots=True)
class Position:
    """One position: its rows from top to bottom, the row with its amount, and what its figures are."""

    rows: tuple[BodyRow, ...]
    anchor: BodyRow
    columns: tuple[Column, ...]
    roles: Roles
    product: Product | None
    quantity: Figure | None
    price: Figure | None
    amount: Figure | None
    missing: int | None = None
    """The quantity where a reader saw none and price and amount leave only this one."""
    rebates: tuple[Figure, ...] = ()
    """Allowances and charges of this position on rows of their own below it ..."""
    charges: Decimal = ZERO
    """... and what they come to, signed, together with those under a column of their own."""
    deducted: bool = True
    """Whether the printed amount has them in it; if not, they follow it."""


def _amount(row: BodyRow, roles: Roles) -> Figure | None:
    """The amount on a row: under an amount column, with decimals; a price alone serves a table without amounts."""
    role = AMOUNT if AMOUNT in roles else PRICE
    found = [f for column in roles.get(role, ()) for f in row.cells.get(column, ())]
    return next((f for f in found if not f.number.percent and (f.number.decimals or f.number.currency)), None)


def positions_of(rows: Sequence[BodyRow]) -> Iterator[Position]:
    """Cut the rows of one table on one page into positions."""
    roles = inferred(rows, rows[0].columns)
    items = [row for row in rows if row.kind == "item" or is_item(row, roles)]
    anchors = [i for i, row in enumerate(items) if _amount(row, roles) is not None]
    if not anchors:
        return
    starts = _starts(items, anchors, roles)
    failed = 0
    for nth, anchor in enumerate(anchors):
        end = starts[nth + 1] if nth + 1 < len(starts) else len(items)
        band = _near(items[starts[nth] : end], items[anchor])
        position = _position(band, items[anchor], roles, widely=failed <= MOST_FAILED)
        failed += position.product is None
        yield position


def _starts(items: Sequence[BodyRow], anchors: Sequence[int], roles: Roles) -> list[int]:
    """Where each position begins: at the row with its number, at the widest gap, or at its amount."""
    starts: list[int] = []
    for nth, anchor in enumerate(anchors):
        before = anchors[nth - 1] if nth else -1
        between = list(range(before + 1, anchor))
        first = next((i for i in between if numbered(items[i], roles)), None)
        if first is not None and not numbered(items[anchor], roles):
            starts.append(first)
        elif nth == 0:
            starts.append(_first_start(items, anchor))
        else:
            starts.append(_cut(items, before, anchor))
    return starts


def _first_start(items: Sequence[BodyRow], anchor: int) -> int:
    """Rows above the first amount belong to it as far as they follow each other closely."""
    start = anchor
    while start > 0 and _gap(items[start - 1], items[start]) < 1.0 * items[anchor].row.height:
        start -= 1
    return start


def _cut(items: Sequence[BodyRow], before: int, anchor: int) -> int:
    """Between two amounts, cut at the widest gap; where all are alike, the rows belong to the upper position."""
    gaps = [_gap(items[i - 1], items[i]) for i in range(before + 1, anchor + 1)]
    widest = max(gaps)
    height = items[anchor].row.height
    near = [k for k, gap in enumerate(gaps) if gap > widest - NEAR * height]
    return before + 1 + near[-1]


def _gap(upper: BodyRow, lower: BodyRow) -> float:
    """The white space between two rows, in points."""
    return lower.row.box.top - upper.row.box.bottom


def numbered(row: BodyRow, roles: Roles) -> bool:
    """Whether a row bears a position number."""
    return any(
        f.number.decimals == 0 and f.number.value > 0
        for column in roles.get("line_identifier", ())
        for f in row.cells.get(column, ())
    )


def _near(band: Sequence[BodyRow], anchor: BodyRow) -> tuple[BodyRow, ...]:
    """Keep the rows that hang together with the anchor row."""
    where = next(i for i, row in enumerate(band) if row is anchor)
    first = last = where
    while first > 0 and _gap(band[first - 1], band[first]) < FAR * anchor.row.height:
        first -= 1
    while last + 1 < len(band) and _gap(band[last], band[last + 1]) < FAR * anchor.row.height:
        last += 1
    return tuple(band[first : last + 1])


def _position(band: tuple[BodyRow, ...], anchor: BodyRow, roles: Roles, *, widely: bool) -> Position:
    """Find the figures of a position under their columns, or `widely` among all of the row."""
    offered = candidates(band, anchor, roles)
    found = _product(band, offered, roles)
    if found is None and widely:
        found = _product(band, _by_order(anchor, offered, roles), roles)
    if found is not None:
        return Position(
            band, anchor, anchor.columns, roles, found, found.quantity, found.price, found.amount, charges=found.charges
        )
    first = {role: next(iter(offered.get(role, ())), None) for role in (QUANTITY, PRICE)}
    amount = _amount(anchor, roles) if AMOUNT in roles else None
    position = Position(band, anchor, anchor.columns, roles, None, first[QUANTITY], first[PRICE], amount)
    return replace(position, missing=_missing(position))


def _product(band: Sequence[BodyRow], candidates: Mapping[str, Sequence[Figure]], roles: Roles) -> Product | None:
    """Find the figures that agree, with the position's own charges, or with the price base that its words state."""
    charges = _charges(band, roles)
    bases = stated_bases(band) if BASE not in candidates else ()
    return next((found for base in (*bases, 1) if (found := find_product(candidates, charges, base))), None)


def _charges(band: Sequence[BodyRow], roles: Roles) -> Decimal:
    """The sum of the signed amounts under a column of a position's own charges and allowances."""
    found = (f for row in band for column in roles.get(ALLOWANCE, ()) for f in row.cells.get(column, ()))
    return sum((f.number.value for f in found if not f.number.percent and f.number.decimals == 2), ZERO)


def stated_bases(band: Sequence[BodyRow]) -> tuple[int, ...]:
    """The numbers of units that words of a position may say its price is for: "per 100", "(3 kg)"."""
    cells = (row.row.spot(start, end).text for row in band for start, end in row.row.cells())
    texts = (_DATE.sub(" ", text) for text in (*(row.row.text for row in band), *cells))
    found = (int(next(filter(None, hit.groups()))) for text in texts for hit in _STATED_BASE.finditer(text))
    return tuple(dict.fromkeys(base for base in found if base > 1))[:MOST_BASES]


def _missing(position: Position) -> int | None:
    """The one quantity that price and amount leave where OCR saw none: small whole numbers are often overlooked."""
    price, amount = position.price, position.amount
    if position.quantity is not None or price is None or amount is None or position.anchor.row.page.origin != "ocr":
        return None
    if QUANTITY not in position.roles or price is amount or price.number.decimals < 2 or not price.number.value:
        return None
    taken = {BASE, ALLOWANCE} if "gross_price" in position.roles else {BASE, DISCOUNT, ALLOWANCE}
    if taken & set(position.roles) or stated_bases(position.rows):
        return None  # a base or a discount that was overlooked too leaves other quantities
    if any(position.anchor.cells.get(column) for column in position.roles[QUANTITY]):
        return None  # it was not overlooked: something else stands in its place
    found = (amount.number.value / price.number.value).to_integral_value()
    fits = agrees(found, price.number.value, amount.number.value)
    alone = abs(price.number.value) > LEAST_PRICE
    return int(found) if fits and alone and 0 < abs(found) <= MOST_OVERLOOKED else None


def _by_order(anchor: BodyRow, candidates: Mapping[str, Sequence[Figure]], roles: Roles) -> dict[str, list[Figure]]:
    """Offer every figure of the row for the roles that its column left open; what has a role already comes last."""
    worded = {id(f) for role in WORDS for c in roles.get(role, ()) for f in anchor.cells.get(c, ())}
    placed = {id(f) for found in anchor.cells.values() for f in found}
    free = [f for f in anchor.figures if id(f) in placed - worded and not f.number.percent]
    amounts = {id(f) for f in candidates.get(AMOUNT, ())}
    free.sort(key=lambda f: id(f) in amounts)
    offered = {role: list(figures) for role, figures in candidates.items()}
    for role, other in ((QUANTITY, PRICE), (PRICE, QUANTITY)):
        own, others = ({id(f) for f in candidates.get(name, ())} for name in (role, other))
        left = [f for f in free if id(f) not in own and not (role == QUANTITY and f.number.currency)]
        offered[role] += [f for f in left if id(f) not in others] + [f for f in left if id(f) in others]
    return offered
