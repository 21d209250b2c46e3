"""Edits of a rulebook's files as a person makes them: from a day on, closing what held until then.

Rows are those of the files, as JSON has them; what comes out is checked as a whole (`programme.rulebook.parse`).
"""

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from programme.exchange import safe
from programme.files import parse_json
from programme.rulebook import FILES, Rulebook

Row = dict[str, Any]
_DAY = dt.timedelta(days=1)
_LISTS = frozenset({"aliases", "other_names", "vat_identifiers", "ibans", "register_numbers", "domains", "rates"})
RATES = ("model", "valid_from", "valid_to", "silver", "gold")
"""The columns of rates as CSV, a period in each row."""
COLUMNS = {
    "catalogue": ("model", "kind", "bonus_eligible", "mpn", "ean", "aliases"),
    "rates": RATES,
    "distributors": (
        "id", "name", "other_names", "street", "postal_code", "city", "country", "vat_identifiers", "ibans",
        "register_numbers", "domains", "valid_from", "valid_to",
    ),
}  # fmt: skip
"""The columns of each table as CSV; cells that hold a list are JSON."""


class Gap(NamedTuple):
    """Days between two periods of a row on which none of them holds."""

    row: str
    first: dt.date
    last: dt.date


def written(content: Any) -> str:
    """Return a file's content as it is kept, a row on each line."""
    if isinstance(content, list):
        rows = ",\n".join(json.dumps(row, ensure_ascii=False, default=str) for row in content)
        return f"[\n{rows}\n]\n" if rows else "[]\n"
    return json.dumps(content, ensure_ascii=False, indent=2, default=str) + "\n"


def read(text: str) -> Any:
    """Return a file's content, amounts as they were written. Errors: ValueError."""
    return parse_json(text.encode())


def with_rate(rows: Sequence[Row], model: str, first: str, last: str | None, bonus: Mapping[str, str]) -> list[Row]:
    """Return the catalogue with a rate from a day on, until another one or for good; none in `bonus`: none holds then.

    What held on these days ends before them, and goes on after them. Errors: LookupError for a model that is not there.
    """
    if all(row.get("model") != model for row in rows):
        raise LookupError(model)
    return [_rated(row, first, last, bonus) if row.get("model") == model else row for row in rows]


def with_product(rows: Sequence[Row], values: Row) -> list[Row]:
    """Return the catalogue with a product as these values say, its rates kept where it was there."""
    known = next((row for row in rows if row.get("model") == values["model"]), None)
    if known is None:
        return [*rows, values]
    kept = {key: known[key] for key in ("bonus", "rates") if key in known}
    return [values | kept if row is known else row for row in rows]


def with_distributor(rows: Sequence[Row], values: Row) -> list[Row]:
    """Return the whitelist with an entry; the same one is replaced, one that began before ends the day before."""
    first, made = values["valid_from"], []
    for row in rows:
        if row.get("id") != values["id"] or row.get("valid_from") == first:
            made += [row] if row.get("id") != values["id"] else []
        elif str(row.get("valid_from") or "") < first and (row.get("valid_to") or "9999-12-31") >= first:
            made.append(row | {"valid_to": _before(first)})
        else:
            made.append(row)
    return [*made, values]


def without(rows: Sequence[Row], key: str, name: str) -> list[Row]:
    """Return the rows without those of a name."""
    return [row for row in rows if row.get(key) != name]


def with_rates(rows: Sequence[Row], periods: Iterable[Row]) -> list[Row]:
    """Return the catalogue with all periods of the models that are named there. Errors: LookupError."""
    by_model: dict[str, list[Row]] = {}
    for one in periods:
        by_model.setdefault(str(one.get("model")), []).append({key: one.get(key) for key in RATES[1:] if one.get(key)})
    missing = by_model.keys() - {row.get("model") for row in rows}
    if missing:
        raise LookupError(min(missing))
    return [
        {key: value for key, value in row.items() if key != "bonus"} | {"rates": by_model[row["model"]]}
        if row.get("model") in by_model
        else row
        for row in rows
    ]


def rebased(old: Mapping[str, str], new: Mapping[str, str], now: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """Return what was drafted between `old` and `new` upon what holds now, and the rows that both have changed.

    In those rows the draft holds.
    """
    made, clashes = {}, []
    for file in FILES:
        before, drafted, held = (_keyed(file, read(texts[file])) for texts in (old, new, now))
        result = dict(held)
        for key in sorted(before.keys() | drafted.keys()):
            if before.get(key) == drafted.get(key):
                continue
            if held.get(key) not in (before.get(key), drafted.get(key)):
                clashes.append(f"{file} {key}".strip())
            result.pop(key, None)
            if key in drafted:
                result[key] = drafted[key]
        content = result if file == "programme" else list(result.values())
        made[file] = now[file] if result == held else written(content)
    return made, clashes


def gaps(rulebook: Rulebook) -> Iterator[Gap]:
    """Yield days between two periods of a product's rates, or of a distributor, on which none holds."""
    for product in rulebook.catalogue.products:
        periods = [(one.valid_from or dt.date.min, one.valid_to or dt.date.max) for one in product.rates]
        yield from _between(product.model, periods)
    by_id: dict[str, list[tuple[dt.date, dt.date]]] = {}
    for one in rulebook.distributors:
        by_id.setdefault(one.id, []).append((one.valid_from, one.valid_to or dt.date.max))
    for name, periods in by_id.items():
        yield from _between(name, periods)


def as_csv(table: str, rows: Sequence[Row]) -> str:
    """Return a table as CSV: "catalogue", "rates" or "distributors"."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS[table])
    for row in _rates(rows) if table == "rates" else rows:
        writer.writerow([_cell(key, row.get(key)) for key in COLUMNS[table]])
    return text.getvalue()


def from_csv(table: str, data: bytes) -> list[Row]:
    """Return the rows of a CSV file as they stand in JSON; empty cells are left out. Errors: ValueError."""
    reader = csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
    unknown = [name for name in reader.fieldnames or () if name not in COLUMNS[table]]
    if unknown:
        raise ValueError(f"there is no column {unknown[0]}; there are {', '.join(COLUMNS[table])}")
    try:
        return [dict(_values(row, number)) for number, row in enumerate(reader, start=1)]
    except csv.Error as error:
        raise ValueError(str(error)) from error


def _values(row: Mapping[str | None, Any], number: int) -> Iterator[tuple[str, Any]]:
    if None in row:
        raise ValueError(f"row {number} has more cells than the heading")
    if "bonus_eligible" in row:
        yield "bonus_eligible", {"true": True, "false": False}.get(str(row["bonus_eligible"]).lower())
    for key, cell in row.items():
        if key is None or key == "bonus_eligible" or not cell:
            continue
        try:
            yield key, parse_json(cell.encode()) if key in _LISTS else cell.removeprefix("'")
        except ValueError as error:
            raise ValueError(f"row {number}, {key}: {error}") from error


def _cell(key: str, value: Any) -> str:
    if value in (None, [], ()):
        return "[]" if key in _LISTS else ""
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False) if key in _LISTS else safe(str(value))


def _rates(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        for rate in _periods(row):
            yield {"model": row.get("model")} | rate


def _periods(row: Row) -> list[Row]:
    """Return the rates of a product, one for a bonus that stands without days."""
    return list(row["rates"]) if row.get("rates") else [dict(row["bonus"])] if row.get("bonus") else []


def _rated(row: Row, first: str, last: str | None, bonus: Mapping[str, str]) -> Row:
    kept = []
    for rate in _periods(row):
        begin, end = rate.get("valid_from"), rate.get("valid_to")
        if (end is not None and end < first) or (last is not None and begin is not None and begin > last):
            kept.append(rate)
            continue
        if begin is None or begin < first:
            kept.append(rate | {"valid_to": _before(first)})
        if last is not None and (end is None or end > last):
            kept.append(rate | {"valid_from": _after(last)})
    if bonus:
        kept.append({"valid_from": first, "valid_to": last, **bonus})
    kept.sort(key=lambda rate: rate.get("valid_from") or "")
    return {key: value for key, value in row.items() if key != "bonus"} | {"rates": kept}


def _keyed(file: str, content: Any) -> dict[str, Any]:
    if file == "programme":
        return dict(content)
    keys = ("model",) if file == "catalogue" else ("id", "valid_from")
    return {" ".join(str(row.get(key) or "") for key in keys): row for row in content}


def _between(row: str, periods: Iterable[tuple[dt.date, dt.date]]) -> Iterator[Gap]:
    for (_, end), (begin, _) in pairwise(sorted(periods)):
        if end < dt.date.max and begin - end > _DAY:
            yield Gap(row, end + _DAY, begin - _DAY)


def _before(day: str) -> str:
    return (dt.date.fromisoformat(day) - _DAY).isoformat()


def _after(day: str) -> str:
    return (dt.date.fromisoformat(day) + _DAY).isoformat()
