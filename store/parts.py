"""Rows in parts: so many of them at once as a statement or a transaction takes."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def in_parts(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield rows in lists of so many, of which the last may be shorter."""
    left = iter(rows)
    while part := list(islice(left, size)):
        yield part
