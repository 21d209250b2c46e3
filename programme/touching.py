"""Which issue dates a changed rulebook touches: no invoice of another day is judged otherwise by it."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from model.invoice import Value
from programme.rulebook import Rulebook

_DAY = dt.timedelta(days=1)
Days = tuple[dt.date | None, dt.date | None]
"""The first and the last one, both included; None is open."""


def touched(old: Rulebook, new: Rulebook) -> Days | None:
    """Return the issue dates that are touched, from the first to the last; None if there are none."""
    parts = [*_by_rates(old, new), *_by_whitelist(old, new)]
    if old.programme.model_copy(update={"revenue_commitments": ()}) != new.programme.model_copy(
        update={"revenue_commitments": ()}
    ):
        parts.append((dt.date.min, dt.date.max))
    if not parts:
        return None
    first, last = min(one[0] for one in parts), max(one[1] for one in parts)
    return None if first == dt.date.min else first, None if last == dt.date.max else last


def _by_rates(old: Rulebook, new: Rulebook) -> Iterator[tuple[dt.date, dt.date]]:
    before, after = old.catalogue.by_model, new.catalogue.by_model
    for model in before.keys() | after.keys():
        was, is_now = before.get(model), after.get(model)
        if was == is_now:
            continue
        shown = {"rates": (), "kind": None}
        if was is None or is_now is None or was.model_copy(update=shown) != is_now.model_copy(update=shown):
            # What a line is taken for changes, on whatever day.
            yield dt.date.min, dt.date.max
        elif bool(was.rates) != bool(is_now.rates):
            yield dt.date.min, dt.date.max
        else:
            yield from _differing(was.rates, is_now.rates)


def _by_whitelist(old: Rulebook, new: Rulebook) -> Iterator[tuple[dt.date, dt.date]]:
    if old.distributors == new.distributors:
        return
    open_ended = {"valid_from": dt.date.min, "valid_to": None}
    names = [{one.model_copy(update=open_ended).model_dump_json() for one in of.distributors} for of in (old, new)]
    if names[0] != names[1]:
        # Who a seller is taken for, or for whose imitation, changes on whatever day.
        yield dt.date.min, dt.date.max
        return
    yield from _differing(old.distributors, new.distributors)


def _differing(old: Iterable[Any], new: Iterable[Any]) -> Iterator[tuple[dt.date, dt.date]]:
    """Yield the stretches of days on which other periods hold than before."""
    before, after = tuple(old), tuple(new)
    starts = sorted({dt.date.min} | {day for one in (*before, *after) for day in _edges(one)})
    for place, first in enumerate(starts):
        last = starts[place + 1] - _DAY if place + 1 < len(starts) else dt.date.max
        if _on(before, first) != _on(after, first):
            yield first, last


def _edges(one: Any) -> Iterator[dt.date]:
    if one.valid_from is not None:
        yield one.valid_from
    if one.valid_to is not None and one.valid_to < dt.date.max:
        yield one.valid_to + _DAY


def _on(periods: Iterable[Any], day: dt.date) -> list[str]:
    dateless: Callable[[Value], str] = lambda one: one.model_dump_json(exclude={"valid_from", "valid_to"})  # noqa: E731
    return sorted(dateless(one) for one in periods if one.covers(day))
