"""Pairs the rows of a matrix with its columns one to one, so that the weights of the pairs sum to the most.

The Hungarian method: each row and column has a price, no pair weighs more than the prices of both, and rows enter one
after another along pairs that weigh exactly as much.
"""

from collections.abc import Sequence


def best_pairs(weights: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    """Return the pairs (row, column), in the order of the rows; all of the shorter side are paired."""
    if not weights or not weights[0]:
        return []
    if len(weights) > len(weights[0]):
        turned = [list(column) for column in zip(*weights, strict=True)]
        return sorted((row, column) for column, row in best_pairs(turned))
    rows = [max(row) for row in weights]
    columns = [0] * len(weights[0])
    owners: dict[int, int] = {}
    for row in range(len(weights)):
        _hand_on(row, owners, *_search(row, weights, rows, columns, owners))
    return sorted((row, column) for column, row in owners.items())


def _search(
    row: int, weights: Sequence[Sequence[int]], rows: list[int], columns: list[int], owners: dict[int, int]
) -> tuple[int, dict[int, int]]:
    """Lower and raise prices until a free column is reached; return it, and from which row each column was reached."""

    def short(of: int, column: int) -> tuple[int, int]:
        return rows[of] + columns[column] - weights[of][column], of

    reached, came_from = {row}, dict[int, int]()
    open_columns = {column: short(row, column) for column in range(len(columns))}
    while True:
        column = min(open_columns, key=lambda one: open_columns[one])
        step, came_from[column] = open_columns.pop(column)
        for one in reached:
            rows[one] -= step
        for one in came_from.keys() - {column}:
            columns[one] += step
        open_columns = {one: (gap - step, source) for one, (gap, source) in open_columns.items()}
        if column not in owners:
            return column, came_from
        reached.add(owners[column])
        open_columns = {one: min(gap, short(owners[column], one)) for one, gap in open_columns.items()}


def _hand_on(row: int, owners: dict[int, int], column: int, came_from: dict[int, int]) -> None:
    """Give the free column to the row that reached it, that row's old column to the one before, up to the new row."""
    held = {owner: owned for owned, owner in owners.items()}
    while True:
        taker = came_from[column]
        owners[column] = taker
        if taker == row:
            return
        column = held[taker]
