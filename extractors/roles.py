"""Roles of columns: what each column of an item table holds, by its header's words, or else by arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from extractors.arithmetic import AMOUNT, BASE, DISCOUNT, PRICE, QUANTITY, find_product
from extractors.columns import Column
from extractors.rows import Figure
from extractors.table import BodyRow

LARGEST = 1_000_000
"""What is not smaller than this is an article's number, no quantity."""
Roles = Mapping[str, tuple[int, ...]]
"""For each role the indices of the columns that may hold it, the likeliest first."""


def roles_of(columns: Sequence[Column]) -> Roles:
    """Say for each role which columns may hold it; a column that may hold two gives way where another is certain.

    A "Rate" is the price if no other column is.
    """
    roles: dict[str, list[int]] = {}
    certain = {role for column in columns if len(column.roles) == 1 for role in column.roles}
    for index, column in enumerate(columns):
        wanted = column.roles - certain if len(column.roles) > 1 else column.roles
        if PRICE in wanted and not any(PRICE in other.roles for other in columns if other is not column):
            wanted -= {"vat_rate"}
        for role in sorted(wanted or column.roles):
            roles.setdefault(role, []).append(index)
    if AMOUNT not in roles and "line_gross_amount" in roles:
        roles[AMOUNT] = roles["line_gross_amount"]
    if AMOUNT in roles:
        roles[AMOUNT].sort(reverse=True)
    return {role: tuple(indices) for role, indices in roles.items()}


def inferred(rows: Sequence[BodyRow], columns: Sequence[Column]) -> Roles:
    """Say which columns may hold each role; what no header names is sought among the columns without a name.

    Of quantity, price and amount at most one may be missing: it is the column by which most rows agree, and more than
    half of those with figures there. A discount is the column without which its rows do not agree.
    """
    roles = roles_of(columns)
    unnamed = [index for index, column in enumerate(columns) if not column.roles]
    missing = [role for role in (QUANTITY, PRICE, AMOUNT) if role not in roles]
    if not unnamed or len(missing) > 1:
        return roles
    tried: list[Roles] = [{**roles, missing[0]: (index,)} for index in unnamed] if missing else [roles]
    if DISCOUNT not in roles:
        free = [(found, index) for found in tried for index in unnamed if (index,) not in found.values()]
        tried += [{**found, DISCOUNT: (index,)} for found, index in free]
    best = max(tried, key=lambda found: _agreeing(rows, found))  # of equals the one with fewer roles
    sought = [column for role in (*missing, DISCOUNT) if role not in roles for column in best.get(role, ())]
    filled = sum(1 for row in rows if any(row.cells.get(column) for column in sought))
    return best if filled and _agreeing(rows, best) * 2 > filled else roles


def _agreeing(rows: Sequence[BodyRow], roles: Roles) -> int:
    return sum(is_item(row, roles) for row in rows)


def candidates(rows: Sequence[BodyRow], anchor: BodyRow, roles: Roles) -> dict[str, tuple[Figure, ...]]:
    """For each role the figures that may fill it: of the anchor row first, then of the position's other rows."""
    found: dict[str, tuple[Figure, ...]] = {}
    ordered = (anchor, *(row for row in rows if row is not anchor))
    for role in (QUANTITY, PRICE, AMOUNT, BASE, DISCOUNT):
        columns = roles.get(role, ())
        where = ordered if role in {PRICE, QUANTITY} else (anchor,)
        found[role] = tuple(f for row in where for column in columns for f in row.cells.get(column, ()))
    found[QUANTITY] = tuple(f for f in found[QUANTITY] if f.number.currency is None and abs(f.number.value) < LARGEST)
    if not found.get(BASE):
        found.pop(BASE, None)
    return found


def is_item(row: BodyRow, roles: Roles) -> bool:
    """Whether figures of a row agree as those of a position do."""
    found = find_product(candidates((row,), row, roles))
    return found is not None and bool(found.quantity.number.value and found.amount.number.value)
