"""What one rulebook says otherwise than another: rows added, taken out and changed, field by field."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from model.invoice import Value
from programme.rulebook import Rulebook


class Difference(NamedTuple):
    """A row of a file ("catalogue", "distributors", "programme") that differs in a field.

    Of a row that is in one of them alone the field is "" and the side without it None; else both sides are values as in
    JSON.
    """

    file: str
    row: str
    field: str
    old: Any
    new: Any


def differences(old: Rulebook, new: Rulebook) -> Iterator[Difference]:
    """Yield what differs, file by file, in the order of the rows' names."""
    for file, before, after in (
        ("catalogue", _products(old), _products(new)),
        ("distributors", _distributors(old), _distributors(new)),
        ("programme", {"": old.programme}, {"": new.programme}),
    ):
        for row in sorted(before.keys() | after.keys()):
            yield from _of_row(file, row, before.get(row), after.get(row))


def _products(of: Rulebook) -> Mapping[str, Value]:
    return {product.model: product for product in of.catalogue.products}


def _distributors(of: Rulebook) -> Mapping[str, Value]:
    """Return the distributors by id, and by the day from which on, as one may stand there several times."""
    return {f"{one.id} from {one.valid_from}": one for one in of.distributors}


def _of_row(file: str, row: str, before: Value | None, after: Value | None) -> Iterator[Difference]:
    old, new = (None if one is None else one.model_dump(mode="json") for one in (before, after))
    if old is None or new is None:
        yield Difference(file, row, "", old, new)
        return
    for field in new:
        if old[field] != new[field]:
            yield Difference(file, row, field, old[field], new[field])
