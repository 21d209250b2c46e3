"""Rebates: allowances and charges of a position that stand on rows of their own below it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from extractors.arithmetic import agrees
from extractors.positions import Position, numbered
from extractors.vocabulary import compact
from model.money import ZERO

_ALLOWED = re.compile(r"abschlag|nachlass|rabatt|discount|allowance|remise|korting")
"""How a row that lowers the amount above it begins."""


def absorbed(positions: Sequence[Position]) -> Iterator[Position]:
    """Give the rows of allowances and charges below a position to it, where its figures agree only with them."""
    index = 0
    while index < len(positions):
        end = index + 1
        while end < len(positions) and _is_aside(positions[end]):
            end += 1
        taken = next(
            (
                n
                for n in range(end - index - 1, 0, -1)
                if _agree(positions[index], positions[index + 1 : index + 1 + n])
            ),
            0,
        )
        yield _with_rebates(positions[index], positions[index + 1 : index + 1 + taken]) if taken else positions[index]
        index += 1 + taken


def _is_aside(position: Position) -> bool:
    """Whether a row with an amount may belong to the position above: it has no figures that agree, and no number."""
    return position.product is None and position.amount is not None and not numbered(position.anchor, position.roles)


def _agree(position: Position, asides: Sequence[Position]) -> bool:
    """Whether quantity x price and the asides make the amount, or the asides are percentages of it that follow it."""
    if position.quantity is None or position.price is None or position.amount is None:
        return False
    extra = sum((_aside(aside) for aside in asides), ZERO)
    if position.product is None:
        whole = position.quantity.number.value * position.price.number.value
        return bool(extra) and agrees(Decimal(1), whole + extra, position.amount.number.value)
    return all(_is_share(aside, position.amount.number.value) for aside in asides)


def _aside(position: Position) -> Decimal:
    """The signed amount of an allowance (negative, whatever its printed sign) or charge."""
    value = position.amount.number.value if position.amount else ZERO
    return -abs(value) if _ALLOWED.match(compact(position.anchor.row.text)) else value


def _is_share(aside: Position, amount: Decimal) -> bool:
    """Whether a negative amount is the percentage printed beside it of the amount above."""
    value = aside.amount.number.value if aside.amount else ZERO
    percents = [f.number.value for f in aside.anchor.figures if f.number.percent]
    return value < 0 and any(agrees(abs(amount), -percent / 100, value) for percent in percents)


def _with_rebates(position: Position, asides: Sequence[Position]) -> Position:
    figures = tuple(aside.amount for aside in asides if aside.amount is not None)
    extra = sum((_aside(aside) for aside in asides), ZERO)
    return replace(position, rebates=figures, charges=position.charges + extra, deducted=position.product is None)
